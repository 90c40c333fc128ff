import type { Store } from '../../store/store.ts';
import { transferOf } from '../chain.fixture.ts';
import { testNet } from './net.fixture.ts';

/**
 * Run as a process of its own: one validator that pays without end, and says what was acknowledged. It kills itself
 * when the block of a height was applied and is not durable, or is durable and not answered.
 */
const [binary = '', dir = '', where = '', height = '0'] = process.argv.slice(2);
const net = await testNet(binary, dir, { validators: 1 });
const die = () => process.kill(process.pid, 'SIGKILL');
const wrap = (store: Store): Store =>
  new Proxy(store, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (key !== 'commit') return typeof value === 'function' ? value.bind(target) : value;
      return async (commit: Parameters<Store['commit']>[0]) => {
        const isIt = commit.block.header.height === Number(height);
        if (isIt && where === 'before') die();
        await target.commit(commit);
        if (isIt && where === 'after') die();
      };
    },
  });
const { engine, lines } = await net.node(0, {}, {}, wrap);
const { chain } = engine;
const [from, to] = net.chain.accounts;
if (from === undefined || to === undefined) throw new Error('there are no accounts');
process.stdout.write(`up ${engine.pid}\n`);
for (let nonce = chain.head().nonceOf(from.address); ; nonce++) {
  const pay = transferOf(net.chain, { from, to: to.address, nonce, validUntil: 100_000 });
  const { code, height: at } = await chain.submit(pay);
  const refused = lines.filter((line) => line.includes('REFUSED')).length;
  process.stdout.write(`${code} ${nonce} ${at} ${engine.pid} ${refused}\n`);
}
