import { type Chunk, limits, type Ref } from '@assay/protocol';
import { encodeText } from '@assay/ssz';
import type { GeneratedToken, TokenLogprob } from '../ports/inference.ts';

/** What a mixer asks a miner to take (§5.4). */
export interface Prepare {
  readonly taskId: Uint8Array;
  readonly model: Ref<'models'>;
  readonly maxTokensIn: number;
  readonly maxTokensOut: number;
  readonly mixer: Ref<'mixers'>;
}

/** A token as the mixer and the client get it, with at most so many alternatives. */
export function streamToken({ top, ...token }: GeneratedToken, alternatives: number): Chunk['tokens'][number] {
  const view = ({ id, text, negLogprobMicro }: TokenLogprob) => ({
    id,
    negLogprobMicro,
    text: encodeText(text).subarray(0, limits.maxTokenBytes),
  });
  return { ...view(token), top: top.slice(0, alternatives).map(view) };
}
