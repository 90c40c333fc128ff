import { Ed25519Signer } from '@assay/node/crypto/signers';
import {
  Artifact,
  type ChainIdentity,
  InferencePayload,
  limits,
  MinerToMixer,
  messageTypes,
  outputIds,
  Precommit,
  PrecommitOpening,
  precommitHash,
  StreamCheckpoint,
} from '@assay/protocol';
import { structureFlaw } from '@assay/roles/audit/structure';
import { messagesOf, structureReference } from '@assay/roles/audit/structure-reference';
import { SigningRoots } from '@assay/roles/context';
import { Generation, modelWorker } from '@assay/roles/miner/index';
import { streamToken } from '@assay/roles/miner/messages';
import { littleEndian, sha256 } from '@assay/ssz';
import { payloadOf, type RealRun } from './real.ts';

/** Milliseconds of the same answer by the model alone and through what a miner does with it, and its tokens. */
export interface OverheadPair {
  readonly bareMs: number;
  readonly minedMs: number;
  readonly tokens: number;
}

type Run = Pick<RealRun, 'registered' | 'engine' | 'answers' | 'maxTokens' | 'onAnswer'>;

const never = new AbortController().signal;
const signer = new Ed25519Signer(new Uint8Array(32).fill(1));
const taskId = new Uint8Array(32).fill(2);

/** The same answers by both, one after the other, in turns first, of a model that is warm. */
export async function overheadPairs(run: Run, chain: ChainIdentity): Promise<OverheadPair[]> {
  const pairs: OverheadPair[] = [];
  const roots = new SigningRoots(chain);
  for (let number = 0; number < run.answers; number++) {
    const payload = payloadOf(number, run);
    const ways = { bareMs: () => bareAnswer(payload, run), minedMs: () => minedAnswer(payload, run, roots) };
    const names = ['bareMs', 'minedMs'] as const;
    const pair = { bareMs: 0, minedMs: 0, tokens: 0 };
    for (const name of number % 2 === 0 ? names : names.toReversed()) {
      const begunMs = performance.now();
      pair.tokens = await ways[name]();
      pair[name] = performance.now() - begunMs;
    }
    if (pair.tokens > 0) pairs.push(pair);
    run.onAnswer(number + 1);
  }
  return pairs;
}

/** What somebody does who sells text: no alternatives are read, nothing is kept. */
async function bareAnswer(payload: InferencePayload, { registered }: Run): Promise<number> {
  const promptIds = await registered.render(messagesOf(payload));
  const { maxTokens, sampling, stop } = payload;
  let tokens = 0;
  for await (const event of registered.generate({ promptIds, maxTokens, sampling, stop, topLogprobs: 0 }, never)) {
    tokens += event.type === 'tokens' ? event.tokens.length : 0;
  }
  return tokens;
}

/** What a miner does between taking a task and the reveal, with nobody at the other end (§5.1). */
async function minedAnswer(payload: InferencePayload, run: Run, roots: SigningRoots): Promise<number> {
  const { registered: model, engine } = run;
  const { contextTokens } = model;
  const bounds = { maxTokensIn: contextTokens, maxTokensOut: payload.maxTokens };
  const generation = new Generation();
  let chain: Uint8Array = taskId;
  for await (const event of modelWorker(model, engine).generate(payload, bounds, never)) {
    const before = generation.tokens.length;
    generation.add(event);
    if (event.type === 'begin') continue;
    const given = event.type === 'tokens' ? event.tokens : [];
    const { length } = generation.tokens;
    chain = sha256(chain, ...given.map(({ id }) => littleEndian(id, 4)));
    const isDue = Math.floor(length / limits.windowTokens) > Math.floor(before / limits.windowTokens);
    const root = roots.of(messageTypes.streamCheckpoint, StreamCheckpoint, { taskId, tokens: length, chain });
    const checkpoint = isDue ? [signer.sign(root)] : [];
    const tokens = given.map((token) => streamToken(token, payload.topLogprobs));
    MinerToMixer.serialize({ kind: 'chunk', value: { tokens, text: event.text, chain, checkpoint } });
  }
  const facts = { ...Artifact.defaultValue(), taskId, engine, contextTokens, sampling: payload.sampling };
  const artifact = generation.artifact(facts);
  const asked = { payload, outputIds: outputIds(artifact), contextTokens };
  const flaw = structureFlaw(artifact, await structureReference(model, asked));
  if (flaw !== null) throw new Error(`an honest answer is malformed: ${flaw}`);
  commit(artifact, payload, roots);
  return artifact.tokensOut;
}

/** Precommit and reveal, as they are sent. */
function commit(artifact: Artifact, payload: InferencePayload, roots: SigningRoots): void {
  const sealed = {
    artifactRoot: Artifact.hashTreeRoot(artifact),
    salt: new Uint8Array(32),
    requestHash: InferencePayload.hashTreeRoot(payload),
    model: 0,
  };
  const precommit = { taskId, miner: 0, hash: precommitHash(sealed) };
  const signature = signer.sign(roots.of(messageTypes.precommit, Precommit, precommit));
  MinerToMixer.serialize({ kind: 'precommit', value: { precommit, signature } });
  const opening = { precommit, ...sealed, epoch: 0 };
  const opened = signer.sign(roots.of(messageTypes.opening, PrecommitOpening, opening));
  MinerToMixer.serialize({ kind: 'reveal', value: { artifact, opening, signature: opened } });
}
