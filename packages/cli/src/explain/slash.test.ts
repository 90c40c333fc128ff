import { casesOf } from '@assay/explain/case-book';
import { explanationLines, onChain } from '@assay/explain/explanation';
import type { Refusal } from '@assay/explain/refusal';
import { explainSlash, SlashExplanation } from '@assay/explain/slash';
import { hardFailure, type Sender, World } from '@assay/ledger/fixture';
import { addressText, type Offence, type Params } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { RecordedWorld } from '../recorded-world.fixture.ts';

const fast = { fast: true } as const;
const members: readonly Sender[] = ['stranger1', 'stranger2', 'stranger3'];
const some = new World();

/** A world with a foundation of three, two of which decide, in which cheating saves 60 % of the price. */
function caseWorld(change: Partial<Params['cases']> = {}): RecordedWorld {
  const foundation = members.map((name) => some.address(name));
  const cases = { ...some.state.params.cases, gainPpb: 600_000_000, foundation, ...change };
  const params = { epochBlocks: 64, cases };
  const world = new RecordedWorld({ params, audit: { newMinerTasks: 100 } }).populate();
  world.block(...members.map((name) => world.tx('payer', 'transfer', { to: world.address(name), amountUnits: 9000n })));
  return world;
}

/** A task of 100 base units whose answer fails its audit. */
function cheat(world: RecordedWorld): void {
  const receipt = world.receipt();
  world.certify(receipt);
  world.auditAll(receipt, hardFailure);
}

function decide(world: RecordedWorld, number: number, isFine: boolean): void {
  for (const member of members.slice(0, 2)) world.send(member, 'decideCase', { case: number, isFine });
}

async function explained(world: RecordedWorld, number: number) {
  const explanation = await explainSlash(world.history, number, fast);
  SlashExplanation.parse(onChain(world.history, true, explanation));
  const { result } = explanation;
  expect(result.recomputedProposedUnits).toBe(result.proposedUnits);
  expect(result.recomputedHeldUnits).toBe(result.heldUnits);
  return explanation;
}

describe('explain slash', () => {
  it('shows a failed audit, the fine, both caps, and who got what', async () => {
    const world = caseWorld();
    for (let i = 0; i < 4; i++) cheat(world);
    decide(world, 3, true);
    const held = await Promise.all(
      [0, 1, 2, 3].map(async (number) => (await explained(world, number)).result.heldUnits),
    );
    // A tenth of 1000, 900 and 810; then what 300 of the day's 1000 leave.
    expect(held).toEqual(['100', '90', '81', '29']);
    const explanation = await explained(world, 3);
    // 100 · 0.6 · 1.5 ÷ (0.02 · 0.95), rounded down; a fifth of 29 to three finders.
    expect(explanation.result).toMatchObject({
      cause: 'hardFailure',
      against: 'miner 0',
      status: 'executed',
      proposedUnits: '4736',
      stakeUnits: '729',
      leavingUnits: '0',
      takenUnits: '271',
      burnedUnits: '24',
      returnedUnits: '0',
    });
    expect(explanation.result.rewards.map(({ units }) => units)).toEqual(['2', '2', '1']);
    const lines = explanationLines(onChain(world.history, true, explanation)).join('\n');
    for (const member of members.slice(0, 2)) expect(lines).toContain(addressText(world.address(member)));
    expect(lines).toContain('miner 0 lost 0.000000029 units');
    expect(explanation.steps[0]?.table?.rows).toHaveLength(3);
    for (const row of explanation.steps[0]?.table?.rows ?? []) expect(row[1]).toMatch(/^block \d+, transaction \d$/);
    expect(explanation.steps[2]?.table?.rows.map(([number]) => number)).toEqual(['0', '1', '2']);
  });

  it('does not count what was dismissed before, and shows what went back', async () => {
    const world = caseWorld();
    cheat(world);
    decide(world, 0, false);
    cheat(world);
    const first = await explained(world, 0);
    expect(first.result).toMatchObject({ status: 'dismissed', returnedUnits: '100', burnedUnits: '0' });
    expect(first.answer).toBe('The case was dismissed, and 0.0000001 units went back to miner 0.');
    const second = await explained(world, 1);
    expect(second.result).toMatchObject({ status: 'review', stakeUnits: '1000', takenUnits: '0', heldUnits: '100' });
    expect(second.answer).toContain('it is not decided yet');
  });

  it('shows a fine that nobody appealed, and a bond that was lost', async () => {
    const world = caseWorld({ foundationReview: false });
    cheat(world);
    cheat(world);
    world.send('owner', 'appealCase', { case: 1 });
    expect((await casesOf(world.history, fast)).map(({ status }) => status)).toEqual(['pending', 'review']);
    decide(world, 1, true);
    for (let epoch = 0; epoch < 5; epoch++) world.finishEpoch();
    const [due, appealed] = [await explained(world, 0), await explained(world, 1)];
    expect(due.result).toMatchObject({ status: 'executed', burnedUnits: '80', appealBondUnits: '0' });
    // 90, less a fifth, and the bond.
    expect(appealed.result).toMatchObject({ status: 'executed', burnedUnits: '142', appealBondUnits: '70' });
    const decided = due.steps[3]?.facts.find(({ name }) => name === 'decided by');
    expect(decided?.value).toBe('time');
  });

  it('shows an offence with who reported it, and a fine that was asked for', async () => {
    const world = caseWorld();
    const [first, second] = [world.batch(), world.batch({ receipts: [world.receipt()] })];
    const value = { mixer: 0, first: first.certificate, second: second.certificate };
    const offence: Offence = { kind: 'equivocation', value };
    expect(world.send('otherPayer', 'evidence', { offence })).toBe('OK');
    const asked = { kind: 'oracle' as const, role: 1, amountUnits: 7n, reasonHash: new Uint8Array(32) };
    expect(world.send('stranger1', 'openCase', asked)).toBe('OK');
    decide(world, 0, true);
    const offended = await explained(world, 0);
    expect(offended.result).toMatchObject({ cause: 'equivocation', against: 'mixer 0', proposedUnits: '100' });
    expect(offended.result.rewards).toEqual([{ account: addressText(world.address('otherPayer')), units: '20' }]);
    expect(offended.steps[0]?.facts[0]?.value).toBe(addressText(world.address('otherPayer')));
    const byHand = await explained(world, 1);
    expect(byHand.result).toMatchObject({ cause: 'byHand', against: 'oracle 1', proposedUnits: '7', heldUnits: '7' });
    expect(byHand.steps[0]?.title).toContain('a member of the foundation asked');
  });

  it('says who decides about an ejection, and how its owner has the foundation do it (§10.16)', async () => {
    const world = caseWorld({ foundationReview: false, gainPpb: 0 });
    for (let i = 0; i < 3; i++) cheat(world);
    world.finishEpoch();
    const { answer, result } = await explained(world, 0);
    expect(result).toMatchObject({ cause: 'ejection', status: 'pending' });
    expect(answer).toContain('`assay case appeal 0`');
    world.send('owner', 'appealCase', { case: 0 });
    expect((await explained(world, 0)).answer).toContain('else the fine is taken and the bond goes back.');
  });

  it('does not know a case that was never opened', async () => {
    const failureOf = (world: RecordedWorld) => explainSlash(world.history, 1, fast).catch((error: Refusal) => error);
    expect(await failureOf(new RecordedWorld().populate())).toMatchObject({
      kind: 'notFound',
      message: 'There is no case 1: a test has no cases.',
    });
    const world = caseWorld();
    cheat(world);
    expect(await failureOf(world)).toMatchObject({ message: 'There is no case 1: a test has cases 0 to 0.' });
  });

  it('shows what a hard failure and an ejection cost besides (economics §6.7, economics §6.8)', async () => {
    const world = caseWorld();
    for (let i = 0; i < 3; i++) cheat(world);
    world.finishEpoch();
    const ejection = await explained(world, 3);
    // A tenth of 729, and what 300 of the day's 1000 leave.
    expect(ejection.result).toMatchObject({
      cause: 'ejection',
      proposedUnits: '72',
      takenUnits: '271',
      heldUnits: '29',
    });
    const forfeit = await explained(world, 4);
    expect(forfeit.result).toMatchObject({ cause: 'forfeit', against: 'miner 0', status: 'review' });
    expect(forfeit.steps.map(({ clause }) => clause)).toContain('economics §6.7');
  });
});
