import { accessSync, constants, statSync } from 'node:fs';
import { partsDirectory, type Config } from '@hatchery/config';
import {
  currentHalt,
  describeHalt,
  readPartRecord,
  readPartRecordElsewhere,
} from '@hatchery/daemon';
import { partPrograms, type PartName } from './part.ts';
import { readService, readServiceElsewhere } from './service-process.ts';

/**
 * Why whoever asks cannot tell what runs: the records are for the service's own user, or of another
 * pid namespace. Null when they can be read and believed, or there are none.
 */
export function hiddenRecords(config: Config): string | null {
  return unreadableRecords(config) ?? recordsElsewhere(config);
}

function recordsElsewhere(config: Config): string | null {
  const parts = Object.keys(partPrograms).map((name) => readPartRecordElsewhere(config, name));
  const one = readServiceElsewhere(config) ?? parts.find((part) => part !== null) ?? null;
  if (one === null) return null;
  const what = `what runs is written of another pid namespace, as a container has (pid ${one.pid} there)`;
  return `${what}, and cannot be seen from here; run it there (nsenter(1), or the container's exec)`;
}

function unreadableRecords(config: Config): string | null {
  const directory = partsDirectory(config);
  try {
    // What is no directory holds no record, and is nobody's to enter.
    if (statSync(directory).isDirectory()) accessSync(directory, constants.R_OK | constants.X_OK);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') return null;
    return `what runs is written in ${directory}, which is not for this user; run it with sudo, or as ${ownerOf(config)}`;
  }
}

/**
 * Why a part gives no answer on its socket, and what to do; null when none runs as far as anybody
 * knows.
 */
export function whyNoAnswer(
  config: Config,
  name: PartName,
  socket: string,
): { readonly runs: boolean; readonly words: string } | null {
  const hidden = hiddenRecords(config);
  if (hidden !== null) return { runs: true, words: `may run: ${hidden}` };
  const record = readPartRecord(config, name);
  if (record !== null) {
    const mend =
      'what runs goes on; hatchery restart --now stops the service and starts it with new sockets';
    return {
      runs: true,
      words: `(pid ${record.pid}) runs, but its control socket ${socket} is gone; ${mend}`,
    };
  }
  const halt = readService(config) === null ? null : currentHalt(config, name);
  return halt === null ? null : { runs: false, words: `does not run: ${describeHalt(halt)}` };
}

/** As `uid 998`, or words when nobody can tell. */
function ownerOf(config: Config): string {
  try {
    return `uid ${statSync(config.stateDirectory).uid}`;
  } catch {
    return 'the user that the service runs as';
  }
}
