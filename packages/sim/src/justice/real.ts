import { honestRequest } from '@assay/node/inference/noise/requests';
import {
  Artifact,
  type AuditNumbers,
  type EngineInfo,
  InferencePayload,
  noProfile,
  type Sampler,
} from '@assay/protocol';
import { equalMarginMicro } from '@assay/roles/audit/choice';
import { checkAnswer } from '@assay/roles/audit/comparison';
import { Generation, modelWorker } from '@assay/roles/miner/index';
import type { InferenceModel } from '@assay/roles/ports/inference';

/** What audits of real answers found: by a sampler that everybody can repeat, and by one that nobody can. */
export interface RealFindings {
  readonly seeded: readonly AuditNumbers[];
  readonly byChance: readonly AuditNumbers[];
  readonly tokens: number;
  readonly writtenMs: number;
  /** Of the seeded ones. */
  readonly auditedMs: number;
}

export interface RealRun {
  readonly served: InferenceModel;
  readonly registered: InferenceModel;
  readonly engine: EngineInfo;
  readonly answers: number;
  /** Of an answer at most. */
  readonly maxTokens: number;
  readonly positions: number;
  readonly onAnswer: (done: number) => void;
}

/** A cheap model that draws cooler than it was asked to, and of its 20 likeliest, where all 64 may be drawn. */
export interface CooledFindings {
  /** Of the temperature that was asked for. */
  readonly share: number;
  readonly byChance: readonly AuditNumbers[];
}

const never = new AbortController().signal;
const askedTemperatureMicro = 1_000_000;
/** What lies far below the likeliest of a cheap model is none of the 64 that the right one may draw. */
const cooledTopK = 20;

/** Answers of a model, each audited by the registered one as a validator of the same engine does. */
export async function realFindings(run: RealRun): Promise<RealFindings> {
  const found = { seeded: [] as AuditNumbers[], byChance: [] as AuditNumbers[], tokens: 0, writtenMs: 0, auditedMs: 0 };
  for (let number = 0; number < run.answers; number++) {
    const payload = payloadOf(number, run);
    const begunMs = performance.now();
    const artifact = await answerTo(payload, run);
    found.writtenMs += performance.now() - begunMs;
    found.tokens += artifact.tokensOut;
    const auditBegunMs = performance.now();
    found.seeded.push(await audited(artifact, payload, run));
    found.auditedMs += performance.now() - auditBegunMs;
    found.byChance.push(await audited(drawnBy(artifact, 'cutsFirst'), payload, run));
    run.onAnswer(number + 1);
  }
  return found;
}

/** Answers that are each drawn cooler than was asked, audited as if a server's own chance had drawn them as asked. */
export async function cooledFindings(run: RealRun, share: number): Promise<CooledFindings> {
  const plain = { topPMicro: 1_000_000, topK: 0, minPMicro: 0 };
  const byChance: AuditNumbers[] = [];
  for (let number = 0; number < run.answers; number++) {
    const sampling = { ...plain, temperatureMicro: askedTemperatureMicro, seed: number };
    const asked = { ...payloadOf(number, run), sampling };
    const temperatureMicro = Math.round(share * askedTemperatureMicro);
    const artifact = await answerTo({ ...asked, sampling: { ...sampling, temperatureMicro, topK: cooledTopK } }, run);
    byChance.push(await audited(drawnBy({ ...artifact, sampling }, 'cutsFirst'), asked, run));
    run.onAnswer(number + 1);
  }
  return { share, byChance };
}

export function payloadOf(number: number, { maxTokens }: Pick<RealRun, 'maxTokens'>): InferencePayload {
  const { messages, sampling } = honestRequest(number);
  return { ...InferencePayload.defaultValue(), messages: [...messages], sampling, maxTokens };
}

async function answerTo(payload: InferencePayload, { served, engine }: RealRun): Promise<Artifact> {
  const bounds = { maxTokensIn: served.contextTokens, maxTokensOut: payload.maxTokens };
  const generation = new Generation();
  for await (const event of modelWorker(served, engine).generate(payload, bounds, never)) generation.add(event);
  const { contextTokens } = served;
  return generation.artifact({ ...Artifact.defaultValue(), engine, contextTokens, sampling: payload.sampling });
}

const drawnBy = (artifact: Artifact, sampler: Sampler): Artifact => ({
  ...artifact,
  engine: { ...artifact.engine, sampler },
});

function audited(artifact: Artifact, payload: InferencePayload, run: RealRun): Promise<AuditNumbers> {
  const { registered: model, positions } = run;
  const limits = { marginMicro: equalMarginMicro, profile: noProfile, isPair: false };
  const { contextTokens } = model;
  return checkAnswer(artifact, { payload, model, contextTokens, limits, positions, seed: seedOf(artifact) });
}

const seedOf = (artifact: Artifact) => Artifact.hashTreeRoot(artifact);
