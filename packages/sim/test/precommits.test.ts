import { names } from '@assay/node/devnet/genesis';
import { InferencePayload, MinerToMixer, MixerToMiner, opens, type PrecommitOpening } from '@assay/protocol';
import { protocols } from '@assay/roles/context';
import { type MessageStream, peerIdOf } from '@assay/roles/ports/network';
import { receive } from '@assay/roles/ports/wire';
import { describe, expect, it } from 'vitest';
import { attackBy } from '../src/adversaries/in-world.ts';
import { precommitBreaker } from '../src/adversaries/miner/precommit-breaker.ts';
import type { World } from '../src/world.ts';
import { endpointOf, patientDeadlines, startWorld } from './start.fixture.ts';

const quick = { epochBlocks: 4096, deadlines: patientDeadlines };
const feeUnits = 1_000_000_000n;

const casesOf = (net: World) => [...net.chain.head().cases].map(({ cause, kind, role }) => ({ cause, kind, role }));

async function fund(net: World, mixer: number): Promise<void> {
  const to = net.keys.account(names.mixer(mixer)).address;
  expect(await net.send(names.payer, 'transfer', { to, amountUnits: feeUnits })).toBe('OK');
}

/** Tasks that are asked until the miner that attacks was drawn for one, each certified. */
async function askUntilCase(net: World) {
  const ids: string[] = [];
  for (let seed = 0; casesOf(net).length === 0; seed++) {
    ids.push((await net.ask({ seed })).taskId);
    await net.until(() => ids.every((id) => net.isDecided(id)));
    await net.blocks(4);
  }
  return ids.map((id) => net.task(id));
}

describe('a miner that opens another answer than it precommitted to (§7.4.7)', () => {
  it('precommit-breaker: a case that the mixer brings, a strike, and its task goes to the next miner', async () => {
    const net = await startWorld({ miners: 2, params: quick, attack: attackBy(precommitBreaker, 0) });
    const before = net.chain.head().sessions.at(net.session).escrowUnits;
    const { collateralUnits } = net.chain.head().miners.at(0);
    await fund(net, 0);
    const tasks = await askUntilCase(net);
    expect(casesOf(net)).toEqual([{ cause: 'brokenPrecommit', kind: 'miner', role: 0 }]);
    const [broken, honest] = [0, 1].map((miner) => net.chain.head().miners.at(miner));
    expect(broken?.strikes).toBeGreaterThan(0);
    expect(broken?.collateralUnits).toBeLessThan(collateralUnits);
    expect(honest).toMatchObject({ strikes: 0, collateralUnits });
    expect(tasks.map((task) => [task?.row.status, task?.row.miner])).toEqual(tasks.map(() => ['approved', 1]));
    const paid = tasks.reduce((sum, task) => sum + (task?.row.priceUnits ?? 0n), 0n);
    expect(before - net.chain.head().sessions.at(net.session).escrowUnits).toBe(paid);
  });

  it('is reported as soon as its mixer can pay for that', async () => {
    const net = await startWorld({ miners: 2, params: quick, attack: attackBy(precommitBreaker, 0) });
    const isTold = () =>
      net.trace.said.some((line) => line.includes('brokenPrecommit of miner 0: no case: CANNOT_PAY'));
    for (let seed = 0; !isTold(); seed++) {
      await net.ask({ seed });
      await net.blocks(4);
    }
    expect(casesOf(net)).toEqual([]);
    await fund(net, 0);
    await net.until(() => casesOf(net).length > 0);
  });
});

const taskId = new Uint8Array(32).fill(3);

type Said<Kind extends MinerToMixer['kind']> = Extract<MinerToMixer, { kind: Kind }>;

/** What a miner says until it has said `wanted`. */
async function hear<Kind extends MinerToMixer['kind']>(stream: MessageStream, wanted: Kind): Promise<Said<Kind>> {
  for (;;) {
    const message = await receive(stream, MinerToMixer);
    if (message === null) throw new Error('the miner said nothing');
    if (message.kind === wanted) return message as Said<Kind>;
  }
}

/** Has miner 0 do one task until it has precommitted. */
async function precommitted(net: World, change: Partial<InferencePayload> = {}) {
  const payload: InferencePayload = { ...InferencePayload.defaultValue(), maxTokens: 4, ...change };
  payload.messages = [{ role: 'user', content: 'hello' }];
  const stream = await endpointOf(net, 0).open(peerIdOf(net.chain.head().miners.at(0)), protocols.serve);
  const say = (message: MixerToMiner) => stream.send(MixerToMiner.serialize(message));
  await say({ kind: 'prepare', value: { taskId, model: 0, maxTokensIn: 100, maxTokensOut: 4, mixer: 0 } });
  await say({ kind: 'start', value: { payload } });
  const signed = (await hear(stream, 'precommit')).value;
  const open = async () => {
    await say({ kind: 'openReveal', value: { taskId } });
    return (await hear(stream, 'reveal')).value;
  };
  return { signed, open };
}

/** Whether evidence of these signatures of miner 0 is taken. */
function report(net: World, opening: PrecommitOpening, precommitSignature: Uint8Array, signature: Uint8Array) {
  const value = { opening, precommitSignature, signature };
  return net.send(names.payer, 'evidence', { offence: { kind: 'brokenPrecommit', value } });
}

describe('an honest miner that is asked for one task twice (§5.1.3)', () => {
  it('signs nothing that convicts it: over a crash between the two, in one life, or with another request', async () => {
    const net = await startWorld({ miners: 1, params: quick });
    const killed = await precommitted(net);
    await net.built.roles.set(names.miner(0), false);
    await net.built.roles.set(names.miner(0), true);
    const twice = [await precommitted(net), await precommitted(net)];
    const openings = await Promise.all(twice.map(({ open }) => open()));
    const other = await precommitted(net, { stop: ['.'] });
    openings.push(await other.open());
    const lives = [...twice, other];
    expect(openings.every(({ opening }) => opens(opening))).toBe(true);
    const precommits = [killed, ...lives].map(({ signed }) => signed);
    expect(new Set(precommits.map(({ precommit }) => String(precommit.hash))).size).toBe(4);
    for (const { opening, signature } of openings) {
      for (const { precommit, signature: of } of precommits) {
        expect(await report(net, { ...opening, precommit }, of, signature)).toBe('BAD_EVIDENCE');
      }
    }
    expect([casesOf(net), net.chain.head().miners.at(0).strikes]).toEqual([[], 0]);
  });
});
