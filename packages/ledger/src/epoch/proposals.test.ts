import type { NoiseProfile, StakeKind, VoteChoice, VoteCount } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { profileFor } from '../draw/profiles.ts';
import { UnknownRuleError } from '../state/rules.ts';
import { noiseProfile } from '../testing/models.fixture.ts';
import { FEE, type Sender, World } from '../testing/world.fixture.ts';
import { outcomeOf } from './proposals.ts';

const change = (path: string, value: string) => ({
  action: { kind: 'parameterChange' as const, value: { path: path, value: value } },
});
const limits = { quorumPpb: 334_000_000, passPpb: 500_000_000, vetoPpb: 334_000_000 };

function voting(world: World, choices: Partial<Record<Sender, VoteChoice>>): void {
  const votes = Object.entries(choices) as [Sender, VoteChoice][];
  world.block(...votes.map(([who, choice]) => world.tx(who, 'vote', { proposal: 0, choice })));
}

/** Mixers hold 4 · 1000, validators 4 · 500, oracles and the gateway 100 each: 6300 in all. */
const mixers = { mixer0: 'yes', mixer1: 'yes', mixer2: 'yes' } as const;

/** A world whose roles can pay fees. */
function newWorld(): World {
  const world = new World();
  const roles: Sender[] = ['mixer0', 'mixer1', 'mixer2', 'mixer3', 'validator0'];
  world.block(...roles.map((role) => world.tx('owner', 'transfer', { to: world.address(role), amountUnits: 1000n })));
  return world;
}

describe('settleProposals §12', () => {
  it('changes a parameter at the end of the epoch after which the delay is over, and not before', () => {
    const world = newWorld();
    expect(world.send('payer', 'propose', change('transactionFeeUnits', '"70"'))).toBe('OK');
    expect(world.balance('payer')).toBe(1_000_000n - FEE - 500n);
    voting(world, mixers);
    for (let epoch = 0; epoch < 2; epoch++) world.finishEpoch();
    expect(world.state.proposals.at(0).status).toBe('voting');
    const { events } = world.finishEpoch();
    const count = { yesUnits: 3000n, noUnits: 0n, abstainUnits: 0n, vetoUnits: 0n, totalUnits: 6300n };
    expect(events).toContainEqual({ type: 'votingEnded', proposal: 0, outcome: 'passed', count, burnedUnits: 0n });
    expect(world.balance('payer')).toBe(1_000_000n - FEE);
    expect(world.state.votes.length).toBe(0);
    expect(world.state.params.transactionFeeUnits).toBe(FEE);
    const root = world.ledger.stateRoot();
    expect(world.finishEpoch().events).toContainEqual({ type: 'proposalExecuted', proposal: 0 });
    expect(world.state.params.transactionFeeUnits).toBe(70n);
    expect(world.ledger.stateRoot()).not.toEqual(root);
    expect(world.send('payer', 'transfer', { to: world.address('owner'), amountUnits: 1n })).toBe('FEE_TOO_LOW');
  });

  it('keeps a changed parameter in its snapshot', async () => {
    const world = newWorld();
    world.send('payer', 'propose', change('halvingDays', '7'));
    voting(world, mixers);
    for (let epoch = 0; epoch < 4; epoch++) world.finishEpoch();
    const { Ledger } = await import('../block/ledger.ts');
    const copy = Ledger.fromSnapshot(world.ledger.snapshot());
    expect(copy.state.params.halvingDays).toBe(7);
    expect(copy.stateRoot()).toEqual(world.ledger.stateRoot());
  });

  it('burns the deposit of a vetoed proposal', () => {
    const world = newWorld();
    world.send('payer', 'propose', change('halvingDays', '7'));
    voting(world, { ...mixers, mixer2: 'veto' });
    for (let epoch = 0; epoch < 3; epoch++) world.finishEpoch();
    // 1000 of 3000 is 33.3 %: less than the 33.4 % that veto.
    expect(world.state.proposals.at(0).status).toBe('passed');

    const vetoed = newWorld();
    vetoed.send('payer', 'propose', change('halvingDays', '7'));
    voting(vetoed, { ...mixers, mixer2: 'veto', validator0: 'veto' });
    for (let epoch = 0; epoch < 3; epoch++) vetoed.finishEpoch();
    expect(vetoed.state.proposals.at(0)).toMatchObject({ status: 'vetoed', depositUnits: 0n });
    expect(vetoed.state.globals.burnedUnits).toBe(500n);
    expect(vetoed.balance('payer')).toBe(1_000_000n - FEE - 500n);
    vetoed.finishEpoch();
    expect(vetoed.state.params.halvingDays).toBe(730);
  });

  it('counts the last vote of each account', () => {
    const world = newWorld();
    world.send('payer', 'propose', change('halvingDays', '7'));
    voting(world, mixers);
    voting(world, { mixer0: 'no', mixer1: 'no' });
    expect(world.state.votes.length).toBe(3);
    for (let epoch = 0; epoch < 3; epoch++) world.finishEpoch();
    expect(world.state.proposals.at(0).status).toBe('rejected');
  });

  it('pays from the treasury what it holds, and fails when it holds less', () => {
    const world = newWorld();
    const spend = (amountUnits: bigint) => ({
      action: { kind: 'treasurySpend' as const, value: { to: world.address('stranger0'), amountUnits } },
    });
    world.send('payer', 'propose', spend(40n));
    world.send('payer', 'propose', spend(1_000_000_000_000n));
    const both = [0, 1].flatMap((proposal) =>
      (['mixer0', 'mixer1', 'mixer2'] as const).map((who) => world.tx(who, 'vote', { proposal, choice: 'yes' })),
    );
    world.block(...both);
    for (let epoch = 0; epoch < 4; epoch++) world.finishEpoch();
    expect(world.events).toContainEqual({ type: 'proposalExecuted', proposal: 0 });
    expect(world.events).toContainEqual({ type: 'proposalFailed', proposal: 1 });
    expect(world.balance('stranger0')).toBe(40n);
    expect(world.state.proposals.at(1).status).toBe('failed');
  });

  it('sets what the work on a model counts, within the bounds of a registration', () => {
    const world = newWorld();
    const difficulty = (model: number, difficultyPpm: number) =>
      world.send('payer', 'propose', {
        action: { kind: 'modelDifficulty', value: { model, difficultyPpm } },
      });
    expect(difficulty(7, 2_000_000)).toBe('UNKNOWN_MODEL');
    expect(difficulty(1, 99_999)).toBe('BAD_MODEL');
    expect(difficulty(1, 10_000_001)).toBe('BAD_MODEL');
    expect(difficulty(1, 2_500_000)).toBe('OK');
    voting(world, mixers);
    for (let epoch = 0; epoch < 4; epoch++) world.finishEpoch();
    expect(Array.from(world.state.models, ({ difficultyPpm }) => difficultyPpm)).toEqual([1_000_000, 2_500_000]);
  });

  it('puts a noise profile in force, or withdraws it (verification §3.3)', () => {
    const world = newWorld();
    const put = (change: Partial<NoiseProfile>) =>
      world.send('payer', 'propose', { action: { kind: 'noiseProfile', value: { ...noiseProfile, ...change } } });
    expect(put({ model: 7 })).toBe('UNKNOWN_MODEL');
    expect(put({ requests: 299 })).toBe('BAD_PROFILE');
    expect(put({ marginMicro: 2_000_000 })).toBe('BAD_PROFILE');
    expect(put({ t1LimitPpb: 50_000_000 })).toBe('BAD_PROFILE');
    expect(put({ t1LimitPpb: 80_000_000, substituteT1Ppb: 900_000_000 })).toBe('BAD_PROFILE');
    expect(put({ substituteMismatchesPpb: 49_999_999 })).toBe('BAD_PROFILE');
    expect(put({ minerEngine: noiseProfile.auditorEngine })).toBe('BAD_PROFILE');
    expect(put({})).toBe('OK');
    expect(put({ t1LimitPpb: 0, requests: 0 })).toBe('OK');
    const pass = (proposal: number) => {
      world.block(...Object.keys(mixers).map((who) => world.tx(who as Sender, 'vote', { proposal, choice: 'yes' })));
      for (let epoch = 0; epoch < 4; epoch++) world.finishEpoch();
    };
    pass(0);
    expect([...world.state.profiles]).toEqual([noiseProfile]);
    expect(profileFor(world.state, noiseProfile)).toMatchObject({ index: 0, isOwn: true });
    expect(put({ t1LimitPpb: 0, requests: 0 })).toBe('OK');
    pass(2);
    expect(profileFor(world.state, noiseProfile)).toBe(null);
  });

  it('stops before the block of a rule that this version does not know (§2.4)', () => {
    const world = newWorld();
    const upgrade = (rule: number, height: number) =>
      world.send('payer', 'propose', { action: { kind: 'upgrade', value: { rule, height } } });
    const { epochBlocks } = world.state.params;
    // Voting ends with epoch 2 and the delay with epoch 3: epoch 4 is the first that can have it.
    expect(upgrade(2, 4 * epochBlocks - 1)).toBe('BAD_UPGRADE');
    expect(upgrade(3, 4 * epochBlocks)).toBe('BAD_UPGRADE');
    expect(upgrade(1, 4 * epochBlocks)).toBe('BAD_UPGRADE');
    expect(upgrade(2, 4 * epochBlocks + 5)).toBe('OK');
    voting(world, mixers);
    for (let epoch = 0; epoch < 4; epoch++) world.finishEpoch();
    expect(world.state.globals).toMatchObject({ rule: 1, nextRule: 2, nextRuleHeight: 4 * epochBlocks + 5 });
    expect(upgrade(2, 40 * epochBlocks)).toBe('BAD_UPGRADE');
    while (world.height < 4 * epochBlocks + 4) world.block();
    const before = world.ledger.snapshot();
    expect(() => world.block()).toThrow(
      new UnknownRuleError('From block 69 on rule 2 holds, by a vote; this version knows rules up to 1.'),
    );
    expect(world.ledger.snapshot()).toEqual(before);
  });

  it('bans a role or a miner, which leaves draws and pools until a vote ends it', () => {
    const world = newWorld().populate();
    const ban = (kind: StakeKind, role: number, isBanned: boolean) =>
      world.send('payer', 'propose', { action: { kind: 'ban', value: { kind, role, isBanned } } });
    const decide = () => {
      const proposal = world.state.proposals.length - 1;
      world.block(
        ...(Object.keys(mixers) as Sender[]).map((who) => world.tx(who, 'vote', { proposal, choice: 'yes' })),
      );
      for (let epoch = 0; epoch < 4; epoch++) world.finishEpoch();
    };
    expect(ban('miner', 9, true)).toBe('UNKNOWN_ROLE');
    expect(ban('delegation', 0, true)).toBe('UNKNOWN_ROLE');
    expect(ban('miner', 0, false)).toBe('BAD_STATUS');
    expect(ban('miner', 0, true)).toBe('OK');
    decide();
    expect(world.state.miners.at(0)).toMatchObject({ status: 'banned', weight: 0n, collateralUnits: 1000n });
    expect(ban('miner', 0, true)).toBe('ROLE_GONE');
    const resume = { kind: 'miner' as const, role: 0, status: 'active' as const };
    expect(world.send('owner', 'setRoleStatus', resume)).toBe('ROLE_GONE');
    expect(world.send('owner', 'unbond', { kind: 'miner', role: 0, amountUnits: 400n })).toBe('OK');
    expect(ban('miner', 0, false)).toBe('OK');
    decide();
    expect(world.state.miners.at(0).status).toBe('paused');
    expect(world.send('owner', 'setRoleStatus', resume)).toBe('OK');
    world.finishEpoch();
    expect(world.state.miners.standing(0).weight).toBeGreaterThan(0n);
  });

  it('takes the power of a banned validator, and never bans the last mixer', () => {
    const world = newWorld();
    const ban = (kind: StakeKind, role: number) => ({
      action: { kind: 'ban' as const, value: { kind, role, isBanned: true } },
    });
    world.send('payer', 'propose', ban('validator', 1));
    voting(world, mixers);
    for (let epoch = 0; epoch < 5; epoch++) world.finishEpoch();
    expect(world.state.validators.at(1).status).toBe('banned');
    expect(world.state.powers.at(1).powerPpb).toBeLessThan(world.state.powers.at(0).powerPpb);
    const lonely = new World({ mixers: 1 });
    expect(lonely.send('payer', 'propose', ban('mixer', 0))).toBe('LAST_OF_KIND');
  });

  it('changes a group of parameters at once', () => {
    const world = newWorld();
    const stacks = (minersBps: number, securityBps: number) =>
      JSON.stringify({ minersBps, securityBps, creatorsBps: 0, gatewaysBps: 0, treasuryBps: 0 });
    world.send('payer', 'propose', change('stacks', stacks(9000, 1000)));
    voting(world, mixers);
    for (let epoch = 0; epoch < 4; epoch++) world.finishEpoch();
    expect(world.state.params.stacks).toMatchObject({ minersBps: 9000, securityBps: 1000, treasuryBps: 0 });
  });
});

describe('outcomeOf §12.3', () => {
  const count = (units: Partial<VoteCount>): VoteCount => ({
    yesUnits: 0n,
    noUnits: 0n,
    abstainUnits: 0n,
    vetoUnits: 0n,
    totalUnits: 1000n,
    ...units,
  });
  it.each<[ReturnType<typeof outcomeOf>, Partial<VoteCount>]>([
    ['noQuorum', {}],
    ['noQuorum', { yesUnits: 333n }],
    ['passed', { yesUnits: 334n }],
    ['noQuorum', { totalUnits: 0n }],
    ['rejected', { abstainUnits: 1000n }],
    ['rejected', { yesUnits: 200n, noUnits: 200n }],
    ['passed', { yesUnits: 201n, noUnits: 200n }],
    ['passed', { yesUnits: 1n, abstainUnits: 999n }],
    ['passed', { yesUnits: 667n, vetoUnits: 333n }],
    ['vetoed', { yesUnits: 666n, vetoUnits: 334n }],
    // An abstention is a vote: it makes a veto weigh less.
    ['rejected', { vetoUnits: 300n, abstainUnits: 700n }],
  ])('%s for %o', (outcome, units) => {
    expect(outcomeOf(count(units), limits)).toBe(outcome);
  });
});
