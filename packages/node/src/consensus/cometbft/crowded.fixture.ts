import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { headerRoot } from '@assay/ledger';
import { type AssayError, headerOf } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { transferOf } from '../chain.fixture.ts';
import { type NetOptions, testNet } from './net.fixture.ts';

/**
 * Run as a process of its own: a node beside others, which pays without end and says what was acknowledged. Told to
 * `fill`, it leaves no byte on the disk of one of its directories after some payments, or 32 MiB on that of its chain,
 * and ends by that. Told to `free`, it gives the space back first.
 */
const [binary = '', dir = '', options = '', index = '', part = '', what = ''] = process.argv.slice(2);
const filler = join(dir, `${part}${index}`, 'filler');
const say = (...words: readonly (string | number)[]) => process.stdout.write(`${words.join(' ')}\n`);

function fill(): void {
  const file = openSync(filler, 'w');
  const leftBytes = part === 'chain' ? 32 * 1024 * 1024 : 0;
  const isMore = () => {
    const { bavail, bsize } = statfsSync(filler);
    return bavail * bsize > leftBytes;
  };
  for (let bytes = 1024 * 1024; bytes > 0 && isMore(); ) {
    try {
      writeSync(file, new Uint8Array(bytes));
    } catch {
      bytes = Math.floor(bytes / 2);
    }
  }
  closeSync(file);
}

if (what === 'free') rmSync(filler);
const net = await testNet(binary, dir, JSON.parse(options) as NetOptions);
const onFatal = ({ code, message }: AssayError) => {
  say('fatal', code, message);
  void node.close().then(() => process.exit(1));
};
const node = await net.node(Number(index), { onFatal });
say('up', node.store.height);
const { chain } = node.engine;
const [from, to] = net.chain.accounts;
if (from === undefined || to === undefined) throw new Error('there are no accounts');
for (let paid = 0; ; paid++) {
  if (what === 'fill' && paid === 5) fill();
  const nonce = chain.head().nonceOf(from.address);
  const pay = transferOf(net.chain, { from, to: to.address, nonce, validUntil: 100_000 });
  // What was not acknowledged may be in a block of the others all the same.
  const included = await chain.submit(pay).catch(() => null);
  if (included === null || included.code !== 'OK') await new Promise((resolve) => setTimeout(resolve, 50));
  else say('paid', included.height, toHex(headerRoot(headerOf(chain.blockAt(included.height) ?? new Uint8Array()))));
}
