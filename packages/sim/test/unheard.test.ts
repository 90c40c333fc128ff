import { peerIdOf } from '@assay/roles/ports/network';
import { expect, it } from 'vitest';
import { codeOf, startWorld } from './start.fixture.ts';

it('a word that no oracle heard is said again, and the task is taken from its miner (§5.3.5)', async () => {
  const net = await startWorld({ miners: 2, params: { epochBlocks: 4096 } });
  const oracles = Array.from(net.chain.head().oracles, (row) => peerIdOf(row));
  const unreachable = [...oracles, net.minerPeer(0), net.minerPeer(1)];
  for (const peer of unreachable) net.network.cutOff(peer);
  const answered = codeOf(net.ask());
  await net.pass(4000);
  for (const peer of unreachable) net.network.heal(peer);
  expect(await answered).toBe('OK');
});
