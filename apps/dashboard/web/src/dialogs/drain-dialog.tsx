import type { ReactNode } from 'react';
import { actionHindrance } from '../acting/hindrance.ts';
import { drainStep } from '../acting/plan.ts';
import { duration } from '../parts/duration.ts';
import { Facts } from '../parts/facts.tsx';
import { count, unknown } from '../parts/quantity.ts';
import { usePageStore } from '../store/page-store.ts';
import { useCell } from '../store/use-cell.ts';
import { ActionDialog } from './action-dialog.tsx';

/** Drains the service, or ends its drain. */
export function DrainDialog({
  draining,
  close,
}: {
  readonly draining: boolean;
  readonly close: () => void;
}): ReactNode {
  const { live } = usePageStore();
  const state = useCell(live.live);
  const { sessions } = useCell(live.totals);
  const host = state.server?.host ?? unknown;
  const hindrance = useCell(live.clock, (at) => actionHindrance(state, 'Draining', 'admin', at));
  return (
    <ActionDialog
      title={draining ? `Drain ${host}` : `End the drain of ${host}`}
      facts={
        <Facts
          facts={[
            ['Host', host],
            ['Sessions now', count(sessions)],
          ]}
          wide={[
            [
              'Effect',
              draining
                ? `New sessions are refused from now on; their users see the reason. Running sessions may finish${deadlineText(state.server?.drainTimeoutS)}`
                : 'New sessions are taken again.',
            ],
          ]}
        />
      }
      typed={draining ? host : null}
      choices={[
        {
          label: draining ? 'Drain' : 'Undrain',
          hindrance,
          plan: (reason) => [drainStep(draining, reason)],
        },
      ]}
      close={close}
    />
  );
}

/** A drain from here has the deadline of the configuration. */
function deadlineText(drainTimeoutS: number | undefined): string {
  if (drainTimeoutS === undefined) return '; who is still there at the deadline is disconnected.';
  if (drainTimeoutS === 0) return ' no more: all clients are disconnected at once, with a message.';
  return ` for ${duration(drainTimeoutS * 1_000)} (forker.children_timeout_s); those still running then are disconnected with a message.`;
}
