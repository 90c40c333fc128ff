import { type Offence, precommitHash, type ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { caseWorld, members } from '../testing/cases.fixture.ts';
import { quickKeys } from '../testing/keys.fixture.ts';
import { brokenPrecommit } from '../testing/offences.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { realKeys, type Sender, World } from '../testing/world.fixture.ts';

const report = (world: World, offence: Offence, sender: Sender = 'payer'): ResultCode =>
  world.send(sender, 'evidence', { offence });

type Broken = ReturnType<typeof brokenPrecommit>;
/** Evidence that was changed after it was signed. */
const shown = ({ kind, value }: Broken, change: Partial<Broken['value']>): Offence => ({
  kind,
  value: { ...value, ...change },
});

describe('an opening that contradicts its precommit (§7.4.7)', () => {
  it('opens a case against the miner, is a strike, charges nobody else, and rewards the reporter', () => {
    const world = caseWorld();
    const { collateralUnits } = world.state.miners.at(0);
    const { escrowUnits } = world.state.sessions.at(0);
    expect(report(world, brokenPrecommit(world))).toBe('OK');
    const heldUnits = collateralUnits / 10n;
    expect(world.state.cases.at(0)).toMatchObject({ cause: 'brokenPrecommit', kind: 'miner', role: 0, heldUnits });
    expect(world.state.miners.at(0)).toMatchObject({ strikes: 1, collateralUnits: collateralUnits - heldUnits });
    expect(world.state.miners.standing(0).epochLate).toBe(1);
    expect(world.state.sessions.at(0).escrowUnits).toBe(escrowUnits);
    for (const member of members.slice(0, 2)) world.send(member, 'decideCase', { case: 0, isFine: true });
    const rewards = [{ account: world.address('payer'), units: heldUnits / 5n }];
    expect(world.events.at(-1)).toMatchObject({ type: 'caseExecuted', fineUnits: heldUnits, rewards });
  });

  it('rewards no miner that reports itself', () => {
    const world = caseWorld();
    world.block(world.tx('payer', 'transfer', { to: world.address('owner'), amountUnits: 1000n }));
    expect(report(world, brokenPrecommit(world), 'owner')).toBe('OK');
    expect(world.state.cases.at(0).finders).toEqual([]);
  });

  it.each<[string, (world: World) => Offence]>([
    ['an opening that is what the precommit is the hash of', (world) => kept(world)],
    ['a precommit that another signed', (world) => brokenPrecommit(world, 0, {}, { precommitKey: 'mixer0' })],
    [
      'an opening that another signed',
      (world) => brokenPrecommit(world, 0, {}, { key: 'mixer0', precommitKey: 'miner0' }),
    ],
    ['another salt than was signed', (world) => swapped(world, { salt: new Uint8Array(32).fill(9) })],
    ['another request than was signed', (world) => swapped(world, { requestHash: new Uint8Array(32).fill(9) })],
    ['another model than was signed', (world) => swapped(world, { model: 1 })],
    ['another answer than was signed', (world) => swapped(world, { artifactRoot: new Uint8Array(32).fill(9) })],
    ['a precommit with the signature of an opening', (world) => mixedUp(world)],
    ['what was signed on another chain', (world) => elsewhere(world)],
  ])('is not %s', (_, make) => {
    for (const keys of [quickKeys, realKeys]) {
      const world = new World({ keys }).populate();
      expect(report(world, make(world))).toBe('BAD_EVIDENCE');
      expect([world.state.cases.length, world.state.miners.at(0).strikes]).toEqual([0, 0]);
    }
  });

  it('holds with real signatures', () => {
    const world = new World({ keys: realKeys }).populate();
    expect(report(world, brokenPrecommit(world))).toBe('OK');
  });

  it('is one offence of a task, however it is shown, and another of the next', () => {
    const world = caseWorld();
    const { value } = brokenPrecommit(world);
    expect(report(world, { kind: 'brokenPrecommit', value })).toBe('OK');
    expect(report(world, brokenPrecommit(world, 0, { salt: new Uint8Array(32).fill(7) }))).toBe('EVIDENCE_KNOWN');
    const precommit = { ...value.opening.precommit, taskId: new Uint8Array(32).fill(8) };
    expect(report(world, brokenPrecommit(world, 0, { precommit }))).toBe('OK');
    expect(world.state.miners.at(0).strikes).toBe(2);
  });

  it('is taken in the epoch it names and evidenceEpochs after it', () => {
    const world = caseWorld();
    const { epoch } = world.state.globals;
    expect(report(world, brokenPrecommit(world, 0, { epoch: epoch + 1 }))).toBe('EVIDENCE_OUT_OF_TIME');
    for (let after = 0; after < world.state.params.cases.evidenceEpochs; after++) world.finishEpoch();
    const [{ precommit }, taskId] = [brokenPrecommit(world).value.opening, new Uint8Array(32).fill(8)];
    expect(report(world, brokenPrecommit(world, 0, { epoch }))).toBe('OK');
    world.finishEpoch();
    const later = brokenPrecommit(world, 0, { epoch, precommit: { ...precommit, taskId } });
    expect(report(world, later)).toBe('EVIDENCE_OUT_OF_TIME');
  });

  it('is of a miner there is, with something to hold', () => {
    const world = new World({ params: { cases: { ...worldParams.cases, offencePpb: 0 } } }).populate();
    const { precommit } = brokenPrecommit(world).value.opening;
    expect(report(world, brokenPrecommit(world, 0, { precommit: { ...precommit, miner: 9 } }))).toBe('UNKNOWN_ROLE');
    expect(report(world, brokenPrecommit(world))).toBe('NOTHING_TO_HOLD');
  });
});

/** Signed as it should be. */
function kept(world: World): Offence {
  const { precommit, ...of } = brokenPrecommit(world).value.opening;
  return brokenPrecommit(world, 0, { precommit: { ...precommit, hash: precommitHash(of) } });
}

/** The miner opened its precommit honestly; who has both signatures puts something else in. */
function swapped(world: World, change: Partial<Broken['value']['opening']>): Offence {
  const { kind, value } = kept(world) as Broken;
  return shown({ kind, value }, { opening: { ...value.opening, ...change } });
}

function mixedUp(world: World): Offence {
  const offence = brokenPrecommit(world);
  return shown(offence, { signature: offence.value.precommitSignature });
}

function elsewhere(world: World): Offence {
  const chain = { ...world.state.chain, chainId: 'another' };
  return brokenPrecommit(world, 0, {}, { chain });
}
