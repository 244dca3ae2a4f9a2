import { signatureAlgorithms } from '../../auth/signature.ts';

/**
 * RFC 8308 3.1: the algorithms a user's key may sign with. Without it clients use RSA only with
 * SHA-1.
 */
export const userSignatureAlgorithms: readonly string[] = Object.values(signatureAlgorithms).flat();
