import { type Artifact, artifactVersion, limits, noToken } from '@assay/protocol';
import { GrowingBytes } from '../growing-bytes.ts';
import type { GeneratedToken } from '../ports/inference.ts';
import type { WorkerEvent } from './worker.ts';

/** What one execution gave so far. */
export class Generation {
  readonly tokens: GeneratedToken[] = [];
  readonly #text = new GrowingBytes();
  #promptIds: readonly number[] = [];
  #end: Extract<WorkerEvent, { type: 'end' }> | null = null;

  /** Whether there is a token or text already. */
  get hasBegun(): boolean {
    return this.tokens.length > 0 || this.#text.length > 0;
  }

  add(event: WorkerEvent): void {
    if (event.type === 'begin') {
      this.#promptIds = event.promptIds;
      return;
    }
    this.#text.push(event.text);
    if (event.type === 'end') this.#end = event;
    else this.tokens.push(...event.tokens);
  }

  /** The artifact of what was given; without an end it was cancelled (§5.9). */
  artifact(facts: ArtifactFacts): Artifact {
    const counted = this.tokens.length > 0 || this.#promptIds.length > 0;
    return {
      ...facts,
      version: artifactVersion,
      promptIds: [...this.#promptIds],
      windows: windowsOf(this.tokens),
      finish: this.#end?.finish ?? 'cancelled',
      tokensIn: counted ? this.#promptIds.length : (this.#end?.tokensIn ?? 0),
      tokensOut: counted ? this.tokens.length : (this.#end?.tokensOut ?? 0),
      text: this.#text.view(),
    };
  }
}

/** What an artifact says besides its output. */
export type ArtifactFacts = Omit<
  Artifact,
  'version' | 'promptIds' | 'windows' | 'finish' | 'tokensIn' | 'tokensOut' | 'text'
>;

/** Output tokens as the artifact's windows of 32, each position with its five most likely alternatives. */
export function windowsOf(tokens: readonly GeneratedToken[]): Artifact['windows'] {
  const windows: Artifact['windows'] = [];
  for (let start = 0; start < tokens.length; start += limits.windowTokens) {
    const part = tokens.slice(start, start + limits.windowTokens);
    windows.push({
      ids: part.map((token) => token.id),
      chosenNegLogprobs: part.map((token) => token.negLogprobMicro),
      top: part.map((token) => {
        const entries = Array.from({ length: limits.topLogprobs }, (_, i) => token.top[i]);
        return {
          ids: entries.map((entry) => entry?.id ?? noToken),
          negLogprobs: entries.map((entry) => entry?.negLogprobMicro ?? noToken),
        };
      }),
    });
  }
  return windows;
}
