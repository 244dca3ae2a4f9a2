export { waitFor } from './wait-for.ts';
export type { Found, Patience } from './wait-for.ts';
