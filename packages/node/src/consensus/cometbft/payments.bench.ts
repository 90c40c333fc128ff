import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, type Row, secondsOf } from '../../../../../bench/bench.ts';
import { type KvOptions, KvStore } from '../../../../../bench/kvstore.ts';
import { cometForTests, freePorts } from './net.fixture.ts';
import type { Paid, PayerTask } from './payer.fixture.ts';
import { told } from './told.fixture.ts';

const payments = Number(process.env.ASSAY_PAYMENTS ?? 24_000);
const rounds = Number(process.env.ASSAY_ROUNDS ?? 3);
/** On their way to a block at once, over all nodes. */
const window = 8192;
/** As long as a signed transfer. */
const transactionBytes = 172;
const connections = 32;
const program = join(import.meta.dirname, 'payer.fixture.ts');

interface Measured {
  readonly perS: number;
  readonly note: string;
}

function noteOf(all: readonly Paid[]): string {
  const cpuSeconds = all.reduce((sum, paid) => sum + paid.cpuSeconds, 0);
  const loopP99Ms = Math.max(...all.map((paid) => paid.loopP99Ms));
  const blocks = Math.max(...all.map((paid) => paid.blocks));
  const cpu = `${((1000 * cpuSeconds) / payments).toFixed(2)} ms of CPU each in Node`;
  return `signatures, every rule, root; ${blocks} blocks, ${cpu}, event loop p99 ${loopP99Ms.toFixed(0)} ms`;
}

/** Signed transfers through the ledger, submitted in the process of each validator. */
async function ours(binary: string, validators: number): Promise<Measured> {
  const dir = mkdtempSync(join(tmpdir(), 'assay-bench-comet-'));
  const ports = await freePorts(2 * validators);
  const shared = { binary, dir, ports, validators, payments: payments / validators, window: window / validators };
  const children = Array.from({ length: validators }, (_, index) =>
    fork(program, [JSON.stringify({ ...shared, index } satisfies PayerTask)], { execArgv: [] }),
  );
  try {
    await Promise.all(children.map((child) => told(child)));
    let all: Paid[] = [];
    const seconds = await secondsOf(async () => {
      for (const child of children) child.send('go');
      all = await Promise.all(children.map((child) => told<Paid>(child)));
    });
    const landed = all.reduce((sum, { codes }) => sum + (codes.OK ?? 0), 0);
    if (landed !== payments) throw new Error(`not all were paid: ${JSON.stringify(all)}`);
    const last = Math.max(...all.map(({ height }) => height));
    const blocks = children.map((child) => told<string>(child));
    for (const child of children) child.send(last);
    if (new Set(await Promise.all(blocks)).size !== 1) throw new Error('the validators have different blocks');
    for (const child of children) child.send('end');
    return { perS: payments / seconds, note: noteOf(all) };
  } finally {
    for (const child of children) if (child.exitCode === null) child.kill();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function theirs(options: Omit<KvOptions, 'connections'>): Promise<Measured> {
  const store = await KvStore.start({ ...options, connections });
  const transactions = Array.from({ length: payments }, (_, i) =>
    `${i}${randomBytes(8).toString('hex')}=${randomBytes(100).toString('hex')}`.slice(0, transactionBytes),
  );
  try {
    const seconds = await store.sendAll(transactions, window);
    return { perS: payments / seconds, note: `nothing is signed; ${connections} connections at each node` };
  } finally {
    await store.stop();
  }
}

/** The one in the middle, and all of them in the note. */
function rowOf(who: string, all: readonly Measured[]): Row {
  const sorted = all.toSorted((one, other) => one.perS - other.perS);
  const middle = sorted[sorted.length >> 1];
  const rates = sorted.map(({ perS }) => Math.round(perS)).join(', ');
  return { who, value: middle?.perS ?? null, note: `${middle?.note}; ${rates}` };
}

export const bench: Bench = {
  id: 21,
  title: `${payments} signed transfers through CometBFT, ${window} on their way at once, blocks each 200 ms or more`,
  unit: 'transactions/s',
  target: '1.3 × the key-value store in Go behind a socket, both with one validator',
  compared: true,
  async run(say) {
    const binary = await cometForTests();
    if (binary === null) return [{ who: 'CometBFT', value: null, note: 'there is none' }];
    const go = (validators: number, isBehindSocket: boolean) => () => theirs({ binary, validators, isBehindSocket });
    const contenders: readonly (readonly [string, () => Promise<Measured>])[] = [
      ['Assay, 1 validator', () => ours(binary, 1)],
      ['kvstore in Go behind a socket, 1 validator', go(1, true)],
      ['kvstore in the process of CometBFT, 1 validator', go(1, false)],
      ['Assay, 4 validators', () => ours(binary, 4)],
      ['kvstore in Go behind a socket, 4 validators', go(4, true)],
    ];
    const measured = contenders.map((): Measured[] => []);
    // In turn, as the machine is never as busy twice.
    for (let round = 1; round <= rounds; round++) {
      for (const [i, [who, work]] of contenders.entries()) {
        say(`round ${round}: ${who}`);
        measured[i]?.push(await work());
      }
    }
    const load = loadavg()[0]?.toFixed(1);
    const rows = contenders.map(([who], i) => rowOf(who, measured[i] ?? []));
    return rows.map((row, i) => (i === 0 ? { ...row, note: `${row.note}; load of the machine ${load}` } : row));
  },
};
