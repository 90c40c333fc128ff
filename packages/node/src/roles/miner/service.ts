import { randomBytes } from 'node:crypto';
import {
  type Artifact,
  Artifact as ArtifactType,
  addressText,
  type Chunk,
  equalBytes,
  finishReasons,
  InferencePayload,
  limits,
  littleEndian,
  MinerToMixer,
  MixerToMiner,
  messageTypes,
  minerToMixer,
  mixerToMiner,
  Precommit,
  precommitHash,
  roleStatuses,
  StreamCheckpoint,
  sha256,
  toHex,
  type ValueOf,
} from '@assay/protocol';
import { AssayError } from '../../errors.ts';
import type { Endpoint, MessageStream } from '../../network/port.ts';
import { receive } from '../../network/wire.ts';
import { protocols, type RoleContext, type RoleService, SigningRoots } from '../context.ts';
import { type Generation, windowsOf } from './artifact.ts';
import { Line } from './line.ts';
import { Slots } from './slots.ts';
import type { Worker } from './worker.ts';

/** What this machine offers; it must be what the miner registered (§3.2). */
export interface MinerOptions {
  readonly worker: Worker;
  readonly concurrency: number;
}

type MixerMessage = ValueOf<typeof MixerToMiner>;
type Prepare = { taskId: Uint8Array; model: number; maxTokensIn: number; maxTokensOut: number; mixer: number };

/** Executes the tasks it is drawn for and commits to their artifacts (§5). */
export class Miner implements RoleService {
  readonly #context: RoleContext;
  readonly #options: MinerOptions;
  readonly #roots: SigningRoots;
  #endpoint: Endpoint | null = null;
  readonly #slots: Slots;

  constructor(context: RoleContext, options: MinerOptions) {
    this.#context = context;
    this.#options = options;
    this.#roots = new SigningRoots(context.chain);
    this.#slots = new Slots(options.concurrency);
  }

  async start(): Promise<void> {
    this.#endpoint = this.#context.network.join(addressText(this.#context.signer.address));
    this.#endpoint.handle(protocols.serve, (stream) => this.#serve(stream));
    const line = new Line(this.#context, this.#roots, () => this.index());
    this.#endpoint.handle(protocols.ping, (stream, from) => line.answerPings(stream, from));
    this.#endpoint.handle(protocols.data, (stream, from) => line.sendData(stream, from));
  }

  async stop(): Promise<void> {
    this.#endpoint?.leave();
    this.#endpoint = null;
  }

  /** Index of this miner in the ledger; null while it is not registered. */
  index(): number | null {
    const { state } = this.#context.engine.ledger;
    const { publicKey } = this.#context.signer;
    const index = state.roleOf('miner', publicKey);
    // §3.5 A new key is known before it holds.
    return index !== undefined && equalBytes(state.miners.at(index).publicKey, publicKey) ? index : null;
  }

  async #serve(stream: MessageStream): Promise<void> {
    const first = await receive(stream, MixerToMiner);
    if (first === null || first.selector !== mixerToMiner.prepare) return stream.abort();
    const prepare = first.value as Prepare;
    const miner = this.index();
    const refusal = this.#refusal(prepare, miner);
    if (refusal !== null || miner === null) return answer(stream, refusal);
    if (!(await this.#slots.take())) return answer(stream, 'busy');
    try {
      await answer(stream, null);
      await this.#work(stream, prepare, miner);
    } finally {
      this.#slots.release();
    }
  }

  #refusal(prepare: Prepare, miner: number | null): string | null {
    const row = miner === null ? undefined : this.#context.engine.ledger.state.miners.get(miner);
    if (row === undefined) return 'not registered';
    if (row.status !== roleStatuses.active) return 'not active';
    if (!row.models.includes(prepare.model)) return 'does not serve this model';
    return null;
  }

  async #work(stream: MessageStream, prepare: Prepare, miner: number): Promise<void> {
    const start = await receive(stream, MixerToMiner);
    if (start === null || start.selector !== mixerToMiner.start) return stream.abort();
    const { payload } = start.value as { payload: InferencePayload };
    const cancelled = new AbortController();
    const revealAsked = this.#listen(stream, cancelled);
    try {
      const artifact = await this.#generate(stream, { prepare, payload, miner }, cancelled.signal);
      const salt = randomBytes(32);
      const hash = precommitHash({
        ...{ artifactRoot: ArtifactType.hashTreeRoot(artifact), salt, model: prepare.model },
        requestHash: InferencePayload.hashTreeRoot(payload),
      });
      const precommit = { taskId: prepare.taskId, miner, hash };
      const signature = this.#context.signer.sign(this.#roots.of(messageTypes.precommit, Precommit, precommit));
      await send(stream, minerToMixer.precommit, { precommit, signature });
      // §5.1: the artifact is opened only when the mixer asks for it.
      await revealAsked;
      await send(stream, minerToMixer.reveal, { artifact, salt, precommitSignature: signature });
    } catch (error) {
      const code = error instanceof AssayError ? error.code : 'INTERNAL';
      this.#context.log(`task ${toHex(prepare.taskId).slice(0, 8)} failed at the miner: ${(error as Error).message}`);
      await send(stream, minerToMixer.failure, {
        code: new TextEncoder().encode(code),
        detail: new TextEncoder().encode(error instanceof AssayError ? error.detail : ''),
      });
    }
    stream.close();
  }

  /** Resolves when the mixer asks for the reveal; rejects when it is gone. */
  #listen(stream: MessageStream, cancelled: AbortController): Promise<void> {
    const asked = (async () => {
      for (;;) {
        const message: MixerMessage | null = await receive(stream, MixerToMiner);
        if (message === null) throw new Error('the mixer closed the task before its reveal');
        if (message.selector === mixerToMiner.cancel) cancelled.abort();
        if (message.selector === mixerToMiner.openReveal) return;
      }
    })();
    asked.catch(() => cancelled.abort());
    return asked;
  }

  async #generate(
    stream: MessageStream,
    task: { prepare: Prepare; payload: InferencePayload; miner: number },
    signal: AbortSignal,
  ): Promise<Artifact> {
    const { prepare, payload, miner } = task;
    const model = this.#context.engine.ledger.state.models.get(prepare.model);
    if (model === undefined) throw new AssayError('UNKNOWN_MODEL');
    const startedMs = this.#context.nowMs();
    const run: Generation = {
      tokens: [],
      text: '',
      finish: finishReasons.cancelled,
      tokensIn: 0,
      tokensOut: 0,
      promptIds: [],
    };
    let chain: Uint8Array = prepare.taskId;
    let firstTokenMs = 0;
    for await (const event of this.#options.worker.generate(payload, prepare, signal)) {
      if (event.type === 'begin') {
        run.promptIds = event.promptIds;
        continue;
      }
      if (run.text === '' && run.tokens.length === 0) firstTokenMs = this.#context.nowMs() - startedMs;
      const before = run.tokens.length;
      run.text += event.text;
      const tokens = event.type === 'tokens' ? event.tokens : [];
      run.tokens.push(...tokens);
      if (event.type === 'end') Object.assign(run, { finish: finishReasons[event.finish] });
      if (event.type === 'end') Object.assign(run, { tokensIn: event.tokensIn, tokensOut: event.tokensOut });
      if (tokens.length === 0 && event.text === '') continue;
      chain = sha256(chain, ...tokens.map((token) => littleEndian(token.id, 4)));
      const due = Math.floor(run.tokens.length / limits.windowTokens) > Math.floor(before / limits.windowTokens);
      const point = { taskId: prepare.taskId, tokens: run.tokens.length, chain };
      const root = this.#roots.of(messageTypes.streamCheckpoint, StreamCheckpoint, point);
      await send(stream, minerToMixer.chunk, {
        tokens: tokens.map((token) => ({
          id: token.id,
          text: new TextEncoder().encode(token.text),
          negLogprobMicro: token.negLogprobMicro,
          top: token.top
            .slice(0, payload.topLogprobs)
            .map((top) => ({ ...top, text: new TextEncoder().encode(top.text) })),
        })),
        text: new TextEncoder().encode(event.text),
        chain,
        checkpoint: due ? [this.#context.signer.sign(root)] : [],
      } satisfies Chunk);
    }
    const counted = run.tokens.length > 0 || run.promptIds.length > 0;
    return {
      version: 1,
      taskId: prepare.taskId,
      miner,
      fileHash: model.fileHash,
      engine: this.#options.worker.engine,
      contextTokens: this.#options.worker.contextTokens,
      promptIds: [...run.promptIds],
      windows: windowsOf(run.tokens),
      sampling: payload.sampling,
      finish: run.finish,
      tokensIn: counted ? run.promptIds.length : run.tokensIn,
      tokensOut: counted ? run.tokens.length : run.tokensOut,
      text: new TextEncoder().encode(run.text),
      firstTokenMs,
      totalMs: this.#context.nowMs() - startedMs,
    };
  }
}

function send(stream: MessageStream, selector: number, value: unknown): Promise<void> {
  return stream.send(MinerToMixer.serialize({ selector, value } as ValueOf<typeof MinerToMixer>));
}

/** Says whether the task is taken, or why not (§5.4). */
async function answer(stream: MessageStream, refusal: string | null): Promise<void> {
  const reason = new TextEncoder().encode(refusal ?? '');
  await send(stream, minerToMixer.prepared, { accepted: refusal === null, reason });
  if (refusal !== null) stream.close();
}
