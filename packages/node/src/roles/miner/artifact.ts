import { type Artifact, limits, noToken } from '@assay/protocol';
import type { GeneratedToken } from '../../inference/port.ts';

/** What one execution gave so far. */
export interface Generation {
  readonly tokens: GeneratedToken[];
  text: string;
  finish: number;
  tokensIn: number;
  tokensOut: number;
  promptIds: readonly number[];
}

/** Output tokens as the artifact's windows of 32, each position with its five most likely alternatives. */
export function windowsOf(tokens: readonly GeneratedToken[]): Artifact['windows'] {
  const windows: Artifact['windows'] = [];
  for (let start = 0; start < tokens.length; start += limits.windowTokens) {
    const part = tokens.slice(start, start + limits.windowTokens);
    windows.push({
      ids: part.map((token) => token.id),
      chosenNegLogprobs: part.map((token) => token.negLogprobMicro),
      top: part.map((token) => {
        const places = Array.from({ length: limits.topLogprobs }, (_, i) => token.top[i]);
        return {
          ids: places.map((place) => place?.id ?? noToken),
          negLogprobs: places.map((place) => place?.negLogprobMicro ?? noToken),
        };
      }),
    });
  }
  return windows;
}
