import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { toHex } from '@assay/ssz';
import { useNativeHasher } from '../../crypto/hasher.ts';
import { transferOf } from '../chain.fixture.ts';
import { type TestNet, testNet, until } from './net.fixture.ts';

/**
 * Run as a process of its own: one validator whose accounts pay, always so many payments on their way to a block. Says
 * when it can begin, begins when told to, and says what came of it.
 */
export interface PayerTask {
  readonly binary: string;
  readonly dir: string;
  readonly ports: readonly number[];
  readonly validators: number;
  readonly index: number;
  readonly payments: number;
  /** How many are on their way at once. */
  readonly window: number;
}

export interface Paid {
  /** Of every payment, by its code. */
  readonly codes: Readonly<Record<string, number>>;
  /** Of the process, from the first payment to the last. */
  readonly cpuSeconds: number;
  readonly loopP99Ms: number;
  readonly blocks: number;
  /** Of the last durable block, after the last payment. */
  readonly height: number;
}

/** Accounts that pay at each validator. */
const payersOfEach = 64;
const epochBlocks = 32;
const perTurn = 32;

function signed({ chain }: TestNet, { index, payments }: PayerTask): Uint8Array[] {
  const own = chain.accounts.slice(index * payersOfEach, (index + 1) * payersOfEach);
  return Array.from({ length: payments }, (_, i) => {
    const [from, to] = [own[i % payersOfEach], own[(i + 1) % payersOfEach]];
    if (from === undefined || to === undefined) throw new Error('there is no such account');
    const nonce = Math.floor(i / payersOfEach);
    return transferOf(chain, { from, to: to.address, nonce, validUntil: 100_000 });
  });
}

/** As roles do: a few in each turn of the event loop. */
async function pay(
  submit: (each: Uint8Array) => Promise<{ code: string }>,
  all: readonly Uint8Array[],
  window: number,
) {
  const codes: Record<string, number> = {};
  let [next, answered] = [0, 0];
  while (answered < all.length) {
    for (const each of all.slice(next, Math.min(next + perTurn, answered + window))) {
      next += 1;
      void submit(each).then(({ code }) => {
        codes[code] = (codes[code] ?? 0) + 1;
        answered += 1;
      });
    }
    await setTimeout(1);
  }
  return codes;
}

async function run(task: PayerTask): Promise<void> {
  const say = (word: unknown) => process.send?.(word);
  const { validators, ports } = task;
  const accounts = validators * payersOfEach;
  const net = await testNet(task.binary, task.dir, { validators, accounts, epochBlocks, ports });
  const payments = signed(net, task);
  const { engine, store, close, lines } = await net.node(task.index);
  const { chain } = engine;
  await until('blocks', () => chain.isCurrent() && store.height >= 3, 60_000);
  say('ready');
  await once(process, 'message');
  const loop = monitorEventLoopDelay({ resolution: 5 });
  loop.enable();
  const [cpu, from] = [process.cpuUsage(), store.height];
  const codes = await pay((each) => chain.submit(each), payments, task.window);
  const { user, system } = process.cpuUsage(cpu);
  const blocks = store.height - from;
  const loopP99Ms = loop.percentile(99) / 1e6;
  say({ codes, cpuSeconds: (user + system) / 1e6, loopP99Ms, blocks, height: store.height } satisfies Paid);
  // The others go on until all have ended, then all have one state.
  const [last] = (await once(process, 'message')) as [number];
  await until('the last block', () => store.height >= last);
  say(toHex(store.blockAt(last) ?? new Uint8Array()));
  // Who ends first would keep the block from the others.
  await once(process, 'message');
  if (lines.length > 0) console.error(lines.join('\n'));
  await close();
  process.disconnect();
}

const [task] = process.argv.slice(2);
if (task !== undefined && process.send !== undefined) {
  useNativeHasher();
  await run(JSON.parse(task));
}
