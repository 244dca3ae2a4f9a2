import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Data kept in a browser that the browser can neither read nor change. */
export interface Sealer<Kept> {
  seal(kept: Kept): string;
  /** Null for data that was not sealed here, was changed, or is too old. */
  open(sealed: string | null): Kept | null;
}

const ivBytes = 12;
const tagBytes = 16;

/**
 * Seals with AES-256-GCM, by default with a key of this process. So sign-ins under way need no
 * memory here, and anybody can start as many as they like. `now` gives milliseconds; a key is 32
 * bytes.
 */
export function sealer<Kept>(
  msMax: number,
  now: () => number,
  key: Buffer = randomBytes(32),
): Sealer<Kept> {
  return {
    seal: (kept) => {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const text = JSON.stringify({ kept, endsAt: now() + msMax });
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    open: (sealed) => {
      const bytes = Buffer.from(sealed ?? '', 'base64url');
      if (bytes.length <= ivBytes + tagBytes) return null;
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes), {
        authTagLength: tagBytes,
      });
      decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
      try {
        const text = Buffer.concat([
          decipher.update(bytes.subarray(ivBytes + tagBytes)),
          decipher.final(),
        ]);
        const { kept, endsAt } = JSON.parse(text.toString('utf8')) as {
          kept: Kept;
          endsAt: number;
        };
        return now() < endsAt ? kept : null;
      } catch {
        // The tag does not fit: the data was forged, or the dashboard was restarted.
        return null;
      }
    },
  };
}
