import { signatureAlgorithms } from '../../auth/signature.ts';

/** RFC 8308 3.1: what a user's key may sign with. Without it clients take RSA for SHA-1 alone. */
export const userSignatureAlgorithms: readonly string[] = Object.values(signatureAlgorithms).flat();
