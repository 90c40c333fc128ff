import fc from 'fast-check';
import { plantTx } from './audits.fixture.ts';
import { brokenPrecommit, doubleVote, equivocation, invalidItem } from './offences.fixture.ts';
import { acts, from, hostile, options, stakes, units } from './random-values.fixture.ts';
import type { Sender } from './world.fixture.ts';

export const decideCase = acts(
  'decideCase',
  fc.record({
    from: fc.subarray<Sender>(['payer', 'otherPayer', 'owner', 'minerB']),
    back: fc.nat(3),
    isFine: fc.boolean(),
  }),
  (world, { from: senders, back, isFine }) => {
    const waiting = [...world.state.cases].flatMap(({ status }, i) => (status === 'review' ? [i] : []));
    const index = waiting.at(-1 - back) ?? back;
    return senders.map((sender) => world.tx(sender, 'decideCase', { case: index, isFine }));
  },
);

export const appealCase = acts('appealCase', fc.record({ from, back: fc.nat(3), options }), (world, each) => {
  const index = Math.max(0, world.state.cases.length - 1 - each.back);
  return ['owner', each.from].map((sender) => world.tx(sender as Sender, 'appealCase', { case: index }, each.options));
});

export const offences = acts(
  'offences',
  fc.record({
    from: fc.constantFrom<Sender>('payer', 'mixer1', 'stranger0'),
    isTwice: fc.boolean(),
    mixer: fc.nat(3),
    change: hostile,
    signers: fc.subarray([0, 1, 2, 3], { minLength: 1 }),
    epochs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(3)),
  }),
  (world, { from: sender, isTwice, mixer, change, signers, epochs }) => {
    const epoch = Math.max(0, world.state.globals.epoch - epochs);
    const by = [...new Set([mixer, ...signers])];
    const offence = isTwice
      ? equivocation(world, mixer, { epoch, signers: by })
      : invalidItem(world, change, { mixer, signers });
    const funds = world.tx('payer', 'transfer', { to: world.address(sender), amountUnits: 20n });
    return [funds, world.tx(sender, 'evidence', { offence })];
  },
);

export const doubleVotes = acts(
  'doubleVotes',
  fc.record({ from, validator: fc.nat(4), back: fc.nat(30), key: fc.nat(8) }),
  (world, { from: sender, validator, back, key }) => {
    const height = Math.max(1, world.height - back);
    const name: Sender = `consensus${key > 4 ? key : validator}`;
    const funds = world.tx('payer', 'transfer', { to: world.address(sender), amountUnits: 20n });
    return [funds, world.tx(sender, 'evidence', { offence: doubleVote(world, validator, { height }, { key: name }) })];
  },
);

export const brokenPrecommits = acts(
  'brokenPrecommits',
  fc.record({ from, miner: fc.nat(3), back: fc.nat(3), task: fc.nat(3) }),
  (world, { from: sender, miner, back, task }) => {
    const epoch = Math.max(0, world.state.globals.epoch - back);
    const offence = brokenPrecommit(world, miner, { epoch, requestHash: new Uint8Array(32).fill(task) });
    const funds = world.tx('payer', 'transfer', { to: world.address(sender), amountUnits: 20n });
    return [funds, world.tx(sender, 'evidence', { offence })];
  },
);

/** A miner opens the seal of one of the last tasks, or somebody else tries. */
export const openPlant = acts(
  'openPlant',
  fc.record({ back: fc.nat(5), isForged: fc.nat(5).map((lot) => lot === 0) }),
  (world, { back, isForged }) => {
    const { tasks } = world.state;
    if (tasks.length === 0) return [];
    const { taskId, miner } = tasks.at(Math.max(0, tasks.length - 1 - back));
    return [plantTx(world, taskId, isForged ? 'stranger0' : `miner${miner}`)];
  },
);

export const openCase = acts(
  'openCase',
  fc.record({ from: fc.constantFrom<Sender>('payer', 'minerA', 'minerB'), stake: stakes, amountUnits: units }),
  (world, { from: sender, stake: [, kind, role], amountUnits }) => [
    world.tx(sender, 'openCase', { kind, role, amountUnits, reasonHash: new Uint8Array(32) }),
  ],
);
