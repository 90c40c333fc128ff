import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { AssayError } from '@assay/protocol';

const nonceBytes = 12;
const tagBytes = 16;
const algorithm = 'aes-256-gcm';

/**
 * §16.10 Encrypts what one role remembers: prompts and answers lie in it. Each value is bound to where it is kept:
 * one that was changed or moved is refused.
 */
export class RoleCipher {
  readonly #role: string;
  readonly #key: Uint8Array;

  /** `secret`: 32 bytes that only this node knows. */
  constructor(secret: Uint8Array, role: string) {
    this.#role = role;
    this.#key = new Uint8Array(hkdfSync('sha256', secret, '', `what ${role} remembers`, 32));
  }

  /** `head`: bytes that are stored in clear before the value, and bound to it. */
  seal(key: string, head: Uint8Array, value: Uint8Array): Buffer {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, this.#key, nonce, { authTagLength: tagBytes });
    cipher.setAAD(boundTo(key, head));
    return Buffer.concat([head, nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
  }

  /** The value of `headBytes` and what `seal` gave. Throws AssayError DATA_DAMAGED when it is not what was sealed. */
  open(key: string, stored: Buffer, headBytes: number): Uint8Array {
    const bodyAt = headBytes + nonceBytes;
    try {
      const decipher = createDecipheriv(algorithm, this.#key, stored.subarray(headBytes, bodyAt), {
        authTagLength: tagBytes,
      });
      decipher.setAAD(boundTo(key, stored.subarray(0, headBytes)));
      decipher.setAuthTag(stored.subarray(-tagBytes));
      return Uint8Array.from(Buffer.concat([decipher.update(stored.subarray(bodyAt, -tagBytes)), decipher.final()]));
    } catch (cause) {
      const detail = `What ${this.#role} remembers as ${key} was changed, or written with other keys.`;
      throw new AssayError('DATA_DAMAGED', detail, { cause });
    }
  }
}

function boundTo(key: string, head: Uint8Array): Buffer {
  return Buffer.concat([head, Buffer.from(key)]);
}
