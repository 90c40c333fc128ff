import { challengeSigningRoot } from '@assay/ledger';
import { type ChallengeReport, equalBytes, type NodeTransaction } from '@assay/protocol';
import type { Endpoint } from '../../network/port.ts';
import type { RoleContext, SigningRoots } from '../context.ts';
import type { Announcements } from './announcements.ts';
import type { CommitteeSigner } from './batches.ts';
import { type Duty, noAgenda, type Planner, plan } from './duties.ts';
import { LineMeter } from './line.ts';
import { ofReport, reportKey } from './node-transactions.ts';

/** What measuring needs of its mixer. */
export interface MeasuringHost {
  readonly mixer: number;
  readonly signer: CommitteeSigner;
  readonly announcements: Announcements;
  /** Node transactions that wait for a certificate. */
  readonly pending: ReadonlyMap<string, NodeTransaction>;
  add(node: NodeTransaction): void;
}

/** Measures the miners this mixer was drawn for, each at a time of its own, and reports on them (§8). */
export class Measuring {
  readonly #context: RoleContext;
  readonly #host: MeasuringHost;
  readonly #meter: LineMeter;
  readonly #planner: Planner;
  #agenda = noAgenda;

  constructor(context: RoleContext, roots: SigningRoots, host: MeasuringHost) {
    this.#context = context;
    this.#host = host;
    this.#meter = new LineMeter(context, roots);
    this.#planner = {
      mixer: host.mixer,
      reveal: (turn) => host.signer.sign(challengeSigningRoot(context.chain, turn)),
      hasReported: ({ miner, reveal }) => {
        const node = host.pending.get(reportKey({ miner }))?.value;
        return node !== undefined && 'report' in node && equalBytes(node.report.reveal, reveal);
      },
      isIdle: (miner) => !host.announcements.isAt(miner, context.nowMs()),
    };
  }

  /** Takes up what is due after a block. */
  onBlock(endpoint: Endpoint): void {
    const { agenda, due } = plan(this.#agenda, this.#context.engine.ledger.state, this.#planner);
    this.#agenda = agenda;
    for (const duty of due) {
      this.#measure(duty, endpoint).catch((error: Error) => {
        this.#context.log(`miner ${duty.miner} was not measured: ${error.message}`);
      });
    }
  }

  async #measure({ miner, epoch, reveal }: Duty, endpoint: Endpoint): Promise<void> {
    const line = await this.#meter.measure(endpoint, miner);
    this.#report({ miner, reveal, failed: 0, hashRate: 0n, ...line }, epoch);
  }

  /** §8.3 A report in which nothing is measured says nothing. */
  #report(report: ChallengeReport, epoch: number): void {
    const { failed, hashRate, bandwidth, latencyMs } = report;
    const isEmpty = failed === 0 && hashRate === 0n && bandwidth === 0n && latencyMs === 0;
    if (isEmpty || this.#context.engine.ledger.state.globals.epoch !== epoch) return;
    this.#host.add(ofReport(report));
  }
}
