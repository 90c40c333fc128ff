import type { Offence, ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../block/ledger.ts';
import { caseWorld, members } from '../testing/cases.fixture.ts';
import { consensusTerms, quickKeys } from '../testing/keys.fixture.ts';
import { doubleVote, type VoteOptions } from '../testing/offences.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { realKeys, type Sender, World } from '../testing/world.fixture.ts';

const report = (world: World, offence: Offence, sender: Sender = 'payer'): ResultCode =>
  world.send(sender, 'evidence', { offence });

describe('two votes of a validator in one round (§7.4.5)', () => {
  it('open a case against its stake, and reward the reporter', () => {
    const world = caseWorld();
    expect(report(world, doubleVote(world, 2))).toBe('OK');
    expect(world.state.cases.at(0)).toMatchObject({ cause: 'doubleVote', kind: 'validator', role: 2, heldUnits: 50n });
    expect(world.state.validators.at(2).stakeUnits).toBe(450n);
    for (const member of members.slice(0, 2)) world.send(member, 'decideCase', { case: 0, isFine: true });
    const rewards = [{ account: world.address('payer'), units: 10n }];
    expect(world.events.at(-1)).toMatchObject({ type: 'caseExecuted', fineUnits: 50n, rewards, burnedUnits: 40n });
  });

  it.each(['prevote', 'precommit'] as const)('hold with real signatures, each a %s', (kind) => {
    const world = new World({ keys: realKeys });
    expect(report(world, doubleVote(world, 1, { kind, round: 7 }))).toBe('OK');
  });

  it.each<[string, (world: World) => Offence]>([
    ['of one block', (world) => shown(world, ({ first }) => ({ second: first }))],
    ['of one block, signed at two times', (world) => sameBlock(world)],
    ['for no block', (world) => doubleVote(world, 0, {}, { signed: { blockId: null } })],
    ['of two heights', (world) => shown(world, () => ({ second: voteOf(world, { height: 9 }) }))],
    ['of two rounds', (world) => shown(world, () => ({ second: voteOf(world, { round: 1 }) }))],
    ['of two kinds', (world) => shown(world, () => ({ second: voteOf(world, { kind: 'prevote' }) }))],
    ['with a forged signature', (world) => shown(world, ({ second }) => ({ second: forged(second) }))],
    [
      'with another time than was signed',
      (world) => shown(world, ({ second }) => ({ second: { ...second, nanos: 6 } })),
    ],
    ['by the key of another validator', (world) => doubleVote(world, 0, {}, { key: 'consensus1' })],
    ['by its own key for audits', (world) => doubleVote(world, 0, {}, { key: 'validator0' })],
    ['on another chain', (world) => doubleVote(world, 0, {}, { chainIdText: 'assay-test-00000000' })],
  ])('prove nothing %s', (_, make) => {
    for (const keys of [quickKeys, realKeys]) {
      const world = new World({ keys });
      expect(report(world, make(world))).toBe('BAD_EVIDENCE');
      expect(world.state.cases.length).toBe(0);
    }
  });

  it('are one offence in a height, however they are shown, and another in the next', () => {
    const world = caseWorld();
    const height = world.height + 1;
    expect(report(world, doubleVote(world, 2))).toBe('OK');
    expect(report(world, doubleVote(world, 2, { height }))).toBe('EVIDENCE_KNOWN');
    expect(report(world, doubleVote(world, 2, { height, round: 1, kind: 'prevote' }))).toBe('EVIDENCE_KNOWN');
    const { first: second, second: first } = doubleVote(world, 2, { height }).value;
    expect(report(world, doubleVote(world, 2, { height, first, second }))).toBe('EVIDENCE_KNOWN');
    expect(report(world, doubleVote(world, 2, { height: height + 1 }))).toBe('OK');
  });

  it('are taken in the epoch of their height and evidenceEpochs after it', () => {
    const world = caseWorld();
    const next = 64 * (world.state.globals.epoch + 1);
    expect(report(world, doubleVote(world, 2, { height: next }))).toBe('EVIDENCE_OUT_OF_TIME');
    for (let epoch = 0; epoch < world.state.params.cases.evidenceEpochs; epoch++) world.finishEpoch();
    expect(report(world, doubleVote(world, 2, { height: 63 }))).toBe('OK');
    world.finishEpoch();
    expect(report(world, doubleVote(world, 1, { height: 63 }))).toBe('EVIDENCE_OUT_OF_TIME');
  });

  it('count by the key that the chain had for their height, rotated away or not', () => {
    const world = caseWorld();
    world.block(world.tx('payer', 'transfer', { to: world.address('validator0'), amountUnits: 1000n }));
    const rotate = (key: Sender) =>
      world.send('validator0', 'rotateConsensusKey', {
        validator: 0,
        ...consensusTerms(world.key(key), world.address('validator0')),
      });
    const by = (key: Sender, height: number): VoteOptions & { height: number } => ({ key, height });
    const code = ({ key, height }: ReturnType<typeof by>) => {
      const probe = new World({ keys: world.keys });
      probe.ledger = Ledger.fromSnapshot(world.ledger.snapshot());
      return report(probe, doubleVote(probe, 0, { height }, key === undefined ? {} : { key }));
    };
    expect(rotate('consensus8')).toBe('OK');
    const { height: last } = world.finishEpoch();
    // CometBFT votes on two blocks more with the set it has.
    expect(code(by('consensus0', last + 1))).toBe('OK');
    expect(code(by('consensus8', last + 1))).toBe('BAD_EVIDENCE');
    expect(code(by('consensus0', last + 2))).toBe('BAD_EVIDENCE');
    expect(code(by('consensus8', last + 2))).toBe('OK');
    expect(rotate('consensus7')).toBe('OK');
    const { height: second } = world.finishEpoch();
    expect(code(by('consensus8', second))).toBe('OK');
    expect(code(by('consensus7', second))).toBe('BAD_EVIDENCE');
    expect(code(by('consensus7', second + 2))).toBe('OK');
    expect(code(by('consensus0', last + 1))).toBe('OK');
  });

  it('convict who has left, as long as its stake is there, and no reporter of itself is paid', () => {
    const world = caseWorld();
    world.block(world.tx('payer', 'transfer', { to: world.address('validator3'), amountUnits: 1000n }));
    const leave = { kind: 'validator' as const, role: 3, status: 'deregistered' as const };
    expect(world.send('validator3', 'setRoleStatus', leave)).toBe('OK');
    expect(report(world, doubleVote(world, 3), 'validator3')).toBe('OK');
    expect(world.state.cases.at(0)).toMatchObject({ role: 3, heldUnits: 50n, finders: [] });
  });

  it('are of a validator there is, with something to hold', () => {
    const world = new World({ params: { cases: { ...worldParams.cases, offencePpb: 0 } } });
    expect(report(world, doubleVote(world, 9))).toBe('UNKNOWN_ROLE');
    expect(report(world, doubleVote(world, 0))).toBe('NOTHING_TO_HOLD');
  });
});

type Votes = ReturnType<typeof doubleVote>['value'];
const voteOf = (world: World, change: Partial<Votes>) => doubleVote(world, 0, change).value.second;
const forged = (vote: Votes['first']) => ({ ...vote, signature: new Uint8Array(64).fill(1) });
function sameBlock(world: World): Offence {
  const { blockHash: hash, partsTotal, partsHash } = voteOf(world, {});
  const { kind, value } = doubleVote(world, 0, {}, { signed: { blockId: { hash, partsTotal, partsHash } } });
  const { seconds, signature } = value.first;
  return { kind, value: { ...value, first: { ...value.second, seconds, signature } } };
}

/** Two votes of one round, changed after they were signed. */
function shown(world: World, change: (votes: Votes) => Partial<Votes>): Offence {
  const { kind, value } = doubleVote(world, 0);
  return { kind, value: { ...value, ...change(value) } };
}
