/**
 * Reads `expiry-time=` of sshd(8): `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, in the machine's
 * time zone or with a `Z` in UTC. Milliseconds since 1970; null for an invalid time.
 */
export function parseExpiryTime(text: string): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z|UTC)?$/i.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const isUtc = match[7] !== undefined;
  const date = isUtc
    ? new Date(Date.UTC(year, month - 1, day, hour, minute, second))
    : new Date(year, month - 1, day, hour, minute, second);
  // A 31st of February would roll over into March.
  const isReal = (isUtc ? date.getUTCDate() : date.getDate()) === day && month >= 1 && month <= 12;
  return isReal && hour < 24 && minute < 60 && second < 60 ? date.getTime() : null;
}
