import { requantise } from '@assay/node/inference/gguf/requantise';
import { limits } from '@assay/protocol';
import { modelWorker } from '@assay/roles/miner/index';
import type { GeneratedToken, InferenceModel, ScoredPosition, ScoreRequest } from '@assay/roles/ports/inference';
import type { Adversary } from '../adversary.ts';
import { answering, said, whole } from './serving.ts';

export const preFiller: Adversary = {
  name: 'pre-filler',
  role: 'miner',
  does: 'It lets the weights cut to 4 bits write, and reports what the registered ones think of each token.',
  loses: 'Its choices are not repeated by an audit: rejected and refunded, though every number is right.',
  cheapen: (source, target) => requantise(source, target, 'Q4_0'),
  attack: (cheap) =>
    answering(
      ({ engine, model }) =>
        async function* (payload, bounds, signal) {
          const { generate } = modelWorker(cheap, engine);
          const wide = { ...payload, topLogprobs: limits.maxTopLogprobs };
          const { promptIds, tokens, finish } = await whole(generate(wide, bounds, signal));
          const asked = { promptIds, tokens, sampling: payload.sampling, sampler: engine.sampler };
          yield* said(model, payload, { promptIds, tokens: await reread(model, asked, signal), finish });
        },
    ),
};

interface Written extends Pick<ScoreRequest, 'promptIds' | 'sampling' | 'sampler'> {
  readonly tokens: readonly GeneratedToken[];
}

/** Tokens with the numbers that a model gives them, by one prefill. */
async function reread(
  model: InferenceModel,
  { tokens, ...written }: Written,
  signal: AbortSignal,
): Promise<GeneratedToken[]> {
  if (tokens.length === 0) return [];
  const outputIds = tokens.map(({ id }) => id);
  const positions = tokens.map(({ id, top }, index) => ({
    index,
    ids: [...new Set([id, ...top.map((each) => each.id)])],
  }));
  const { positions: scored } = await model.score({ ...written, outputIds, positions, asksEnd: false }, signal);
  return tokens.map((token, index) => numbered(token, positions[index]?.ids ?? [], scored[index]));
}

function numbered(token: GeneratedToken, ids: readonly number[], scored: ScoredPosition | undefined): GeneratedToken {
  const views = ids.map((id, i) => {
    const known = [token, ...token.top].find((entry) => entry.id === id);
    const mass = Math.max(scored?.probabilitiesPpb[i] ?? 0, 1) / 1e9;
    return { id, text: known?.text ?? '', negLogprobMicro: Math.round(-1e6 * Math.log(mass)) };
  });
  const negLogprobMicro = views.find(({ id }) => id === token.id)?.negLogprobMicro ?? token.negLogprobMicro;
  const top = views.toSorted((a, b) => a.negLogprobMicro - b.negLogprobMicro).slice(0, limits.topLogprobs);
  return { ...token, negLogprobMicro, top };
}
