export { age, duration, shortDuration, stopwatch } from './duration.ts';
export { isShowable, masked, onOneLine, visible } from './foreign-text.ts';
export { mebibytes, megabytes, size, threeDigits } from './size.ts';
