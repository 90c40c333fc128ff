import type { Genesis, NoiseProfile } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { noEngine } from '../state/roles.ts';
import { auditInTurn } from '../testing/audits.fixture.ts';
import { noiseProfile } from '../testing/models.fixture.ts';
import { checked, honest, type Sender, World } from '../testing/world.fixture.ts';

const engineOf = () => new World().populate().state.miners.at(0).engine;
const engine = (byte: number) => new Uint8Array(32).fill(byte);
/** Of the miner's engine and another, for which there is a noise profile. */
const paired = engine(5);
const profile = (): NoiseProfile => ({ ...noiseProfile, minerEngine: engineOf(), auditorEngine: paired });
const having = (genesis: Genesis) => ({ ...genesis, profiles: [profile()] });

/** A world whose validators have named these engines; null for none. */
function worldOf(engines: readonly (Uint8Array | null)[], stakes: readonly bigint[] = []): World {
  const world = new World({
    validators: engines.length,
    edit: (genesis) => {
      const edited = having(genesis);
      const validators = edited.validators.map((row, i) => ({ ...row, stakeUnits: stakes[i] ?? row.stakeUnits }));
      return { ...edited, validators };
    },
  }).populate();
  const named = engines.flatMap((each, i) => {
    const name =
      each === null ? [] : [world.tx(`validator${i}` as Sender, 'nameEngine', { validator: i, engine: each })];
    return name;
  });
  const funds = engines.map((_, i) =>
    world.tx('payer', 'transfer', { to: world.address(`validator${i}` as Sender), amountUnits: 20n }),
  );
  world.block(...funds);
  world.block(...named);
  return world;
}

/** Who audits when all that are drawn disagree, so that six are asked where there are as many. */
function askedIn(world: World) {
  const numbers = world.state.validators;
  const far = checked(140_000_000);
  const { auditors, taskId } = auditInTurn(world, [honest, far, honest, far, honest, far]);
  const audit = world.state.audits.at(world.state.auditOf(taskId) ?? -1);
  return { engine: audit.engine, named: auditors.map((each) => numbers.at(each).engine) };
}

describe('the engine of an audit §10.2.1', () => {
  const [own, weird] = [engineOf(), engine(7)];

  it('is the miner’s own, where it is common: nobody else is drawn', () => {
    const found = askedIn(worldOf([own, own, own, weird, weird, null, paired]));
    expect(found.engine).toEqual(own);
    expect(found.named).toEqual([own, own, own]);
  });

  it('is else the one of most weight that has a profile with the miner’s', () => {
    const world = worldOf([paired, paired, paired, own, own, weird]);
    const { auditors, taskId } = auditInTurn(world, []);
    expect(world.state.audits.at(world.state.auditOf(taskId) ?? -1).engine).toEqual(paired);
    expect(auditors.every((each) => each < 3)).toBe(true);
  });

  it.each([
    ['two alone have it', [own, own, weird, null]],
    ['it has less than a third of the weight', [own, own, own, null, null, null, null, null, null, null]],
    ['no profile compares it', [weird, weird, weird, weird]],
    ['nobody named one', [null, null, null, null]],
  ])('is none where %s: all are drawn', (_, engines) => {
    const world = worldOf(engines);
    const { taskId } = auditInTurn(world, []);
    expect(world.state.audits.at(world.state.auditOf(taskId) ?? -1).engine).toEqual(noEngine);
  });

  it('is none by two that hold a third, with whoever names their engine and has hardly any stake', () => {
    const engines = [own, own, own, own, own, null, null, null, null];
    const engineAt = (stakes: readonly bigint[]) => {
      const world = worldOf(engines, [...stakes, ...Array.from({ length: 4 }, () => 1000n)]);
      const { taskId } = auditInTurn(world, []);
      return world.state.audits.at(world.state.auditOf(taskId) ?? -1).engine;
    };
    expect(engineAt([1000n, 1000n, 1n, 1n, 1n])).toEqual(noEngine);
    expect(engineAt([1000n, 1000n, 300n, 300n, 300n])).toEqual(own);
  });

  it('binds its auditors: a pass by the limits of another engine is refused', () => {
    const codeOf = (engines: readonly Uint8Array[], change: object) => {
      const world = worldOf(engines);
      const receipt = world.receipt();
      world.certify(receipt);
      const audit = world.state.auditOf(receipt.taskId) ?? -1;
      const pairs = world.state.audits
        .at(audit)
        .auditors.map(({ validator }) => world.auditPair(validator, receipt.taskId, { ...honest, ...change }));
      world.block(...pairs.map((pair) => pair.commit()));
      return world.codeOf(pairs[0]?.reveal() ?? new Uint8Array());
    };
    const [exact, byPair] = [
      [own, own, own],
      [paired, paired, paired],
    ];
    expect(codeOf(exact, {})).toBe('OK');
    expect(codeOf(exact, { profile: 0, isPair: true })).toBe('BAD_NUMBERS');
    expect(codeOf(exact, { profile: 0, isPair: false })).toBe('BAD_NUMBERS');
    expect(codeOf(byPair, { profile: 0, isPair: true })).toBe('OK');
    expect(codeOf(byPair, { profile: 0, isPair: false })).toBe('BAD_NUMBERS');
    expect(codeOf(byPair, {})).toBe('BAD_NUMBERS');
    // What is found without the model needs no limits.
    expect(codeOf(byPair, { finding: 'malformed', flaw: 'prompt' })).toBe('OK');
    expect(codeOf(byPair, { finding: 'noResult', positions: 0 })).toBe('OK');
  });
});
