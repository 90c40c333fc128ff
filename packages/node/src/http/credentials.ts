import { createHash, timingSafeEqual } from 'node:crypto';

const bearer = /^Bearer +(\S+)$/i;

/** The token of an `authorization: Bearer` header; null when there is none. */
export function bearerToken(header: string | undefined): string | null {
  return (header !== undefined && bearer.exec(header)?.[1]) || null;
}

/** Whether two secrets are equal, in a time that tells nothing about where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
