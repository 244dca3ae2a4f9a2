/** Commands that messages advise; of those with a word behind them the options follow that. */
const advised =
  /(?<![\w/.-])((?:\.\/)?hatchery (?:user (?:add|list|remove)|read-only (?:on|off)|up|start|stop|restart|status|children|locks|break-lock|kill|sessions|audit|drain|undrain|leftovers|doctor|sign-in|lock))(?![\w-])(?! --(?:config|state-dir))/g;

/**
 * Makes what messages advise true for whoever has named a configuration or state directory: the
 * commands in a text get the same options, so that they can be pasted. `place` is `--config FILE`
 * and `--state-dir DIR` as far as they were given. A text without a command stays as it is.
 */
export function commandHints(place: readonly string[]): (text: string) => string {
  if (place.length === 0) return (text) => text;
  const options = place.map(quote).join(' ');
  return (text) => text.replaceAll(advised, (command) => `${command} ${options}`);
}

/** A word as a POSIX shell reads it; plain ones stay as they are, to be read by people too. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
