import { genesisHash, headerRoot } from '@assay/ledger';
import { AssayError, cometChainId, type Genesis, headerOf, isTableName, RowProof } from '@assay/protocol';
import { equalBytes, fromHex } from '@assay/ssz';
import type { Application } from '../application.ts';
import type { AbciRequest, AbciResponse } from './abci.ts';
import { type BlockDriver, firstValidators } from './block-driver.ts';
import { bundled, type Gossip } from './gossip.ts';
import type { Retention } from './retention.ts';
import type { SnapshotSink, SnapshotSource } from './snapshots.ts';
import { MalformedMessage } from './wire.ts';

const codes = { ok: 0, refused: 1 } as const;

export interface AbciParts {
  readonly application: Application;
  readonly genesis: Genesis;
  readonly blocks: BlockDriver;
  readonly gossip: Gossip;
  readonly retention: Pick<Retention, 'next'>;
  readonly source: SnapshotSource;
  readonly sink: SnapshotSink;
}

/** Answers what CometBFT asks of its application (ABCI 2.0). */
export class AbciApplication {
  readonly #parts: AbciParts;

  constructor(parts: AbciParts) {
    this.#parts = parts;
  }

  async answer(request: AbciRequest): Promise<AbciResponse> {
    const { blocks } = this.#parts;
    if (request.flush !== null) return { flush: {} };
    if (request.echo !== null) return { echo: request.echo };
    if (request.info !== null) return { info: this.#info() };
    if (request.initChain !== null) return { initChain: this.#begin(request.initChain) };
    if (request.prepareProposal !== null) {
      return { prepareProposal: { transactions: blocks.propose(request.prepareProposal.maxBytes) } };
    }
    if (request.processProposal !== null) {
      return { processProposal: { status: await blocks.judge(request.processProposal) } };
    }
    if (request.finalizeBlock !== null) return { finalizeBlock: blocks.finalize(request.finalizeBlock) };
    if (request.commit !== null) {
      await blocks.commit();
      return { commit: { retainHeight: this.#parts.retention.next() } };
    }
    return this.#offStage(request);
  }

  async #offStage(request: AbciRequest): Promise<AbciResponse> {
    const { gossip, source, sink } = this.#parts;
    if (request.insertTx !== null) return { insertTx: { code: this.#insert(request.insertTx.bundle) } };
    if (request.reapTxs !== null) return { reapTxs: { bundles: gossip.take() } };
    if (request.checkTx !== null) return { checkTx: { code: this.#offer(request.checkTx.transaction) } };
    if (request.query !== null) return { query: await this.#query(request.query) };
    if (request.listSnapshots !== null) return { listSnapshots: { snapshots: source.list() } };
    if (request.loadSnapshotChunk !== null) {
      const { height, chunk } = request.loadSnapshotChunk;
      return { loadSnapshotChunk: { chunk: source.chunk(height, chunk) } };
    }
    if (request.offerSnapshot !== null) return { offerSnapshot: { result: sink.offer(request.offerSnapshot) } };
    if (request.applySnapshotChunk !== null) {
      return { applySnapshotChunk: await sink.take(request.applySnapshotChunk) };
    }
    throw new MalformedMessage('a question that no application is asked');
  }

  #info(): NonNullable<AbciResponse['info']> {
    const { application } = this.#parts;
    const { height } = application.head().globals;
    const block = application.blockAt(height);
    const lastAppHash = block === null ? new Uint8Array() : headerRoot(headerOf(block));
    return { data: 'assay', appVersion: 1, lastHeight: height, lastAppHash };
  }

  #begin(asked: NonNullable<AbciRequest['initChain']>): NonNullable<AbciResponse['initChain']> {
    const { application, genesis } = this.#parts;
    const hash = genesisHash(genesis);
    const { genesisHash: named = '' } = JSON.parse(new TextDecoder().decode(asked.appState)) as Record<string, string>;
    const isOurs = asked.chainId === cometChainId(application.identity) && asked.initialHeight === 1;
    if (!isOurs || !equalBytes(fromHex(named) ?? new Uint8Array(), hash)) {
      throw new AssayError('OTHER_CHAIN', `CometBFT begins ${asked.chainId} of genesis ${named}.`);
    }
    return { validators: firstValidators(application), appHash: hash };
  }

  /** A peer's bundle: answered at once, as the peer's connection waits; what is wrong with it costs nobody else. */
  #insert(bundle: Uint8Array): number {
    const transactions = bundled(bundle);
    if (transactions === null) return codes.refused;
    for (const transaction of transactions) this.#parts.application.submit(transaction, 'peer').catch(() => {});
    return codes.ok;
  }

  /** One that came over CometBFT's own RPC is offered like ours; what becomes of it is asked elsewhere. */
  #offer(transaction: Uint8Array): number {
    this.#parts.application.submit(transaction, 'offered').catch(() => {});
    return codes.ok;
  }

  /** `/row/TABLE/INDEX`: the row with its path to the state root, as SSZ; `/block/HEIGHT`: the block. */
  async #query({ path }: NonNullable<AbciRequest['query']>): Promise<NonNullable<AbciResponse['query']>> {
    const { application } = this.#parts;
    const { height } = application.head().globals;
    const [, what = '', first = '', second = ''] = path.split('/');
    const isNumber = (text: string) => /^\d{1,15}$/.test(text);
    if (what === 'block' && isNumber(first)) {
      const value = application.blockAt(Number(first));
      return value === null ? { code: 1, log: 'there is no such block', height } : { value, height };
    }
    if (what === 'row' && isTableName(first) && isNumber(second)) {
      const proof = await application.prove(first, () => Number(second));
      if (proof === null) return { code: 1, log: 'there is no such row', height };
      return { value: RowProof.serialize(proof), height: proof.header.height };
    }
    return { code: 1, log: 'ask for /row/TABLE/INDEX or /block/HEIGHT', height };
  }
}
