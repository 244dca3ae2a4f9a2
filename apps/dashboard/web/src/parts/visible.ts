import { visible as withoutControls } from '@hatchery/display';

/** A line of others' text with what a browser or terminal would obey written out. A tab stays. */
export function visible(text: string): string {
  return text.split('\t').map(withoutControls).join('\t');
}
