import { explainAudit } from '@assay/explain/audit';
import { explanationLines, onChain } from '@assay/explain/explanation';
import { explainPayout, PayoutExplanation } from '@assay/explain/payout';
import { explainPower, PowerExplanation } from '@assay/explain/power';
import type { Refusal } from '@assay/explain/refusal';
import { explainSelection, SelectionExplanation } from '@assay/explain/selection';
import { drawMiners, drawTable } from '@assay/ledger';
import { domainTerms, hardFailure, honest, realKeys } from '@assay/ledger/fixture';
import { measurersOf } from '@assay/ledger/fixture/challenges';
import { addressText, type Receipt } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { RecordedWorld } from '../recorded-world.fixture.ts';

const fast = { fast: true } as const;

/** Three miners, the first with stakers; one answer passes its audit and is paid, one fails; then the epoch ends. */
function livedWorld(settlementRows = 1000) {
  const world = new RecordedWorld({ params: { settlementRows } }).populate();
  for (const operator of ['minerB', 'minerC'] as const) {
    world.block(world.tx(operator, 'registerMiner', world.registration({ owner: world.address(operator) })));
  }
  const stakes = [world.tx('payer', 'delegate', { miner: 0, amountUnits: 70n })];
  world.block(...stakes, world.tx('owner', 'delegate', { miner: 0, amountUnits: 31n }));
  const good = world.receipt();
  const bad = world.receipt({ miner: 1 });
  world.certify(good, bad);
  world.auditAll(good, honest);
  world.auditAll(bad, hardFailure);
  world.finishEpoch();
  const stake = world.tx('payer', 'undelegate', { miner: 0, amountUnits: 70n });
  const shares = { model: 0, to: world.address('minerC'), shares: 10_000 };
  world.block(stake, world.tx('creator', 'transferModelShares', shares));
  world.finishEpoch();
  return { world, good, bad };
}

/** Three miners, of whom the last gives no logprobs, and session 1 of redundancy 3. */
function replicatedWorld(dedicatedMiners: number[] = []): RecordedWorld {
  const world = new RecordedWorld({ params: { poi: { outlierPpb: 850_000_000 } } }).populate();
  for (const [operator, evidenceLevel] of [['minerB', 2] as const, ['minerC', 0] as const]) {
    world.block(world.tx(operator, 'registerMiner', world.registration({ evidenceLevel })));
  }
  const redundancy = dedicatedMiners.length === 0 ? 3 : 1;
  world.block(world.tx('payer', 'openSession', world.session({ redundancy, dedicatedMiners })));
  world.block();
  return world;
}

/** The three answers to one task, miner i's as similar to the others as the i-th of `percents`. */
function replicasOf(world: RecordedWorld, percents: readonly number[]): Receipt[] {
  const similarities = percents.map((percent) => percent * 10_000_000);
  return similarities.map((similarityPpb, replica) =>
    world.receipt({
      session: 1,
      requestHash: new Uint8Array(32),
      replica,
      rank: replica,
      miner: replica,
      similarityPpb,
    }),
  );
}

const failureOf = (call: Promise<unknown>): Promise<Refusal> =>
  call.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: Refusal) => error,
  );

describe('explain selection', () => {
  it('draws again from the chain and finds the miner at its rank', async () => {
    const world = new RecordedWorld({ keys: realKeys }).populate();
    world.block(world.tx('minerB', 'registerMiner', world.registration()));
    world.finishEpoch();
    const receipt = world.receipt();
    const first = firstDrawn(world, receipt);
    world.certify({ ...receipt, miner: first, rank: 0 });
    const explanation = await explainSelection(world.history, receipt.taskId, fast);
    expect(explanation.result).toMatchObject({
      miner: first,
      rank: 0,
      ticketHolds: true,
      followsDraw: true,
      eligible: [0, 1],
    });
    expect(explanation.result.draw.map(({ miner }) => miner).sort((a, b) => a - b)).toEqual([0, 1]);
    expect(explanation.answer).toContain(`Miner ${first} stands at rank 0 of the draw among 2 eligible miners`);
    SelectionExplanation.parse(onChain(world.history, true, explanation));
    const lines = explanationLines(onChain(world.history, true, explanation)).join('\n');
    expect(lines).toContain(`0x${toHex(receipt.taskId)}`);
  });

  it('says so when the certificate names another miner than the draw', async () => {
    const { world, good, bad } = livedWorld();
    const explained = await Promise.all([good, bad].map(({ taskId }) => explainSelection(world.history, taskId, fast)));
    const follow = explained.map(({ result }) => result.followsDraw);
    const drawnFirst = explained.map(({ result }) => result.draw[0]?.miner);
    expect(follow).toEqual([drawnFirst[0] === 0, drawnFirst[1] === 1]);
  });

  it('says so when the id is of a ticket that the mixer chose', async () => {
    const world = new RecordedWorld({ keys: realKeys }).populate();
    const request = { session: 0, requestHash: new Uint8Array(32) };
    const receipt = world.receipt({ ...request, ticket: world.ticket(request, 1) });
    world.certify(receipt);
    const { answer, result } = await explainSelection(world.history, receipt.taskId, fast);
    expect(result).toMatchObject({ ticket: `0x${toHex(receipt.ticket)}`, ticketHolds: false, followsDraw: true });
    expect(answer).toContain("The ticket is not mixer 0's signature");
  });

  it('tells why a miner could not be drawn', async () => {
    const world = new RecordedWorld().populate();
    const receipt = world.receipt();
    world.block(world.tx('minerB', 'registerMiner', world.registration()));
    world.certify(receipt);
    const { steps, result } = await explainSelection(world.history, receipt.taskId, fast);
    expect(result.eligible).toEqual([0]);
    expect(steps.flatMap(({ table }) => table?.rows ?? []).map((row) => row.at(-1))).toContainEqual(
      expect.stringMatching(/^no, active only from block \d+$/),
    );
  });

  it('draws the miners of all replicas by the id of the first', async () => {
    const world = replicatedWorld();
    const receipts = replicasOf(world, [95, 95, 95]);
    world.certify(...receipts);
    const explained = await Promise.all(
      receipts.map(({ taskId }) => explainSelection(world.history, taskId, fast).then(({ result }) => result)),
    );
    const [first] = explained;
    expect(explained.map(({ draw }) => draw)).toEqual([first?.draw, first?.draw, first?.draw]);
    expect(explained.map(({ followsDraw }, rank) => followsDraw === (first?.draw[rank]?.miner === rank))).toEqual([
      ...[true, true, true],
    ]);
  });

  it('tells whom a dedicated session left out', async () => {
    const world = replicatedWorld([1]);
    const receipt = world.receipt({ session: 1, miner: 1 });
    world.certify(receipt);
    const { steps, result } = await explainSelection(world.history, receipt.taskId, fast);
    expect(result).toMatchObject({ eligible: [1], followsDraw: true });
    const why = steps.flatMap(({ table }) => table?.rows ?? []).map((row) => row.at(-1));
    expect(why.slice(0, 3)).toEqual(['no, not named by the session', 'yes', 'no, not named by the session']);
  });

  it('does not know a task that was never certified', async () => {
    const error = await failureOf(explainSelection(livedWorld().world.history, new Uint8Array(32), fast));
    expect(error.kind).toBe('notFound');
    expect(error.message).toContain('was certified up to block');
  });
});

/** Who the draw of a task certified now puts first. */
function firstDrawn(world: RecordedWorld, { taskId, drawHeight, maxTokensIn, maxTokensOut }: Receipt): number {
  const place = { kind: 'user' as const, domain: 0, model: 0, payer: world.address('payer'), dedicatedMiners: [] };
  const request = { ...place, taskId, drawHeight, maxTokensIn, maxTokensOut };
  return drawMiners(drawTable(world.state), request, 1)[0]?.miner ?? -1;
}

describe('explain payout', () => {
  it.each([1000, 2])('shows for every account numbers that add up to its pay, %i rows a block', async (rows) => {
    const { world } = livedWorld(rows);
    const paid = new Map<string, bigint>();
    for (const event of world.events) {
      if (event.type !== 'epochClosed' || event.close.epoch !== 0) continue;
      for (const { account, units } of event.close.payouts) {
        paid.set(addressText(account), (paid.get(addressText(account)) ?? 0n) + units);
      }
    }
    expect(paid.size).toBeGreaterThan(8);
    for (const [text, totalUnits] of paid) {
      const account = accountOf(world, text);
      const explanation = await explainPayout(world.history, { account, epoch: 0 }, fast);
      expect(explanation.result.totalUnits).toBe(String(totalUnits));
      for (const { units, recomputedUnits } of explanation.result.payouts) expect(recomputedUnits).toBe(units);
      PayoutExplanation.parse(onChain(world.history, true, explanation));
    }
  });

  it('shows the rejected tasks of a miner that was paid nothing', async () => {
    const { world, bad } = livedWorld();
    const account = world.address('minerB');
    const { answer, result, steps } = await explainPayout(world.history, { account, epoch: 0 }, fast);
    expect(result.payouts).toEqual([]);
    expect(answer).toBe(`${addressText(account)} was paid nothing at the end of epoch 0.`);
    const [row] = steps.at(-1)?.table?.rows ?? [];
    expect([row?.at(0), row?.at(-1)]).toEqual([`0x${toHex(bad.taskId)}`, 'hard']);
  });

  it('names who set the splits and the weights that held', async () => {
    const { world } = livedWorld();
    const components = Object.fromEntries(Object.keys(world.state.params.components).map((name) => [name, 0]));
    const weights = { ...world.state.params.components, ...components, vwuBps: 10_000 };
    const terms = domainTerms(world.genesis, {
      domainBps: 300,
      processorsBps: 250,
      components: [weights],
      washGuard: false,
    });
    world.block(world.tx('landlord', 'updateDomain', { domain: 0, terms }));
    const { height } = world;
    const { epoch } = world.state.globals;
    while (world.state.globals.epoch < epoch + 3) {
      const receipt = world.receipt();
      world.certify(receipt);
      world.auditAll(receipt, honest);
      world.finishEpoch();
    }
    const factsOf = async (who: 'landlord' | 'gateway0' | 'minerA', at: number) => {
      const { steps, result } = await explainPayout(world.history, { account: world.address(who), epoch: at }, fast);
      for (const { units, recomputedUnits } of result.payouts) expect(recomputedUnits).toBe(units);
      return steps.flatMap(({ facts }) => facts.map(({ name, value, source }) => `${name} ${value}: ${source}`));
    };
    const set = `domain 0, updateDomain in block ${height}, from epoch ${epoch + 2} on`;
    expect(await factsOf('landlord', epoch + 1)).toContain('domain 200 of 10000: domain 0, genesis');
    expect(await factsOf('minerA', epoch + 1)).toContain('α stake 1000 of 10000: the network’s: params.components');
    expect(await factsOf('landlord', epoch + 2)).toContain(`domain 300 of 10000: ${set}`);
    expect(await factsOf('gateway0', epoch + 2)).toContain(`processors 250 of 10000: ${set}`);
    const ofMiner = await factsOf('minerA', epoch + 2);
    expect(ofMiner).toContain(`α vwu 10000 of 10000: ${set}`);
    expect(ofMiner).toContain(`wash guard off: ${set}`);
    // 10,000 less 500, 250, 500, 300 and a royalty of 1,000.
    expect(ofMiner).toContain(`miner, of model 0 7450 of 10000: what the other parts and the royalty leave; ${set}`);
  });

  it('tells what challenges measured, and which mixers reported it (§8.4)', async () => {
    const world = new RecordedWorld({ mixers: 3 }).populate();
    const [one, two] = measurersOf(world, 0, { bandwidth: 1n });
    for (const [mixer = 0, bandwidth] of [
      [one, 700n],
      [two, 300n],
    ] as const) {
      const report = world.report(mixer, { miner: 0, bandwidth, latencyMs: 40 });
      world.block(world.batchTx({ mixer, records: { reports: [report] } }));
    }
    const receipt = world.receipt();
    world.certify(receipt);
    world.auditAll(receipt, honest);
    world.finishEpoch();
    const { steps } = await explainPayout(world.history, { account: world.address('minerA'), epoch: 0 }, fast);
    const facts = steps.flatMap((step) => step.facts.map(({ name, value, source }) => `${name} ${value}: ${source}`));
    const source = `§8.4: medians over its last epochs, the last epoch 0 with reports of mixers ${one}, ${two}`;
    expect(facts).toContain(`measured bandwidth, bytes per second 300: ${source}`);
    expect(facts).toContain(`measured round trip, ms 40: ${source}`);
    expect(facts.filter((fact) => fact.startsWith('measured hash rate'))).toEqual([]);
  });

  it('shows what part of the miners’ stack is that of a miner’s domain', async () => {
    const world = new RecordedWorld({
      edit: (genesis) => ({
        ...genesis,
        domains: genesis.domains.flatMap((domain) => [domain, { ...domain, name: 'law' }]),
        models: genesis.models.map((model, domain) => ({ ...model, domain })),
      }),
    }).populate();
    world.block(
      world.tx('minerB', 'registerMiner', world.registration({ domain: 1, models: [1] })),
      world.tx('otherPayer', 'openSession', world.session({ domain: 1, model: 1 })),
    );
    world.block();
    const receipts = [world.receipt(), world.receipt({ session: 1, model: 1, miner: 1 })];
    world.certify(...receipts);
    for (const receipt of receipts) world.auditAll(receipt, honest);
    world.finishEpoch();
    for (const [domain, miner] of (['minerA', 'minerB'] as const).entries()) {
      const { steps, result } = await explainPayout(world.history, { account: world.address(miner), epoch: 0 }, fast);
      for (const { units, recomputedUnits } of result.payouts) expect(recomputedUnits).toBe(units);
      expect(result.payouts.map(({ source, stack }) => [source, stack])).toContainEqual(['emission', 'miners']);
      const facts = steps.flatMap((step) => step.facts);
      const [all, part] = [/^stack "miners"$/, new RegExp(`^part of domain ${domain}$`)].map((name) =>
        facts.find((fact) => name.test(fact.name)),
      );
      // Equal work, equal trust: half of it each.
      expect(Number(part?.value) * 2).toBeCloseTo(Number(all?.value), 8);
      expect(steps.map(({ title }) => title).join()).toContain(`The miners’ competition in domain ${domain}`);
    }
  });

  it('shows what limits pay for work, and what pays capacity', async () => {
    const world = new RecordedWorld({ params: { wash: { mintOfBurnBps: 9000, bootstrapPeriods: 9 } } }).populate();
    for (const mixer of measurersOf(world, 0, { hashRate: 5n })) {
      const reports = [world.report(mixer, { miner: 0, hashRate: 5n })];
      world.block(world.batchTx({ mixer, records: { reports } }));
    }
    const receipt = world.receipt({ tokensIn: 0, tokensOut: 250, priceUnits: 1000n });
    world.certify(receipt);
    world.auditAll(receipt, honest);
    world.finishEpoch();
    const explained = await Promise.all(
      (['minerA', 'owner', 'creator', 'gateway0', 'mixer0'] as const).map((who) =>
        explainPayout(world.history, { account: world.address(who), epoch: 0 }, fast),
      ),
    );
    for (const { result } of explained) {
      expect(result.payouts.length).toBeGreaterThan(0);
      for (const { units, recomputedUnits } of result.payouts) expect(recomputedUnits).toBe(units);
    }
    const [miner] = explained;
    expect(miner?.result.payouts.map(({ source, stack }) => [source, stack])).toContainEqual(['emission', 'capacity']);
    const facts = miner?.steps.flatMap((step) => step.facts).map(({ name, value }) => [name, value]);
    // 50 burned of 1,000, nine tenths of it and of that six tenths.
    expect(facts).toContainEqual(['at most', '0.000000027']);
    expect(miner?.steps.map(({ title }) => title).join()).toContain('The competition by capacity');
  });

  it('does not know an epoch that is still open', async () => {
    const { world } = livedWorld();
    const error = await failureOf(explainPayout(world.history, { account: world.address('payer'), epoch: 9 }, fast));
    expect(error.kind).toBe('notFound');
    expect(error.message).toMatch(/^Epoch 9 is not closed yet: at block \d+, a test is in epoch 2\.$/);
  });
});

function accountOf(world: RecordedWorld, text: string): Uint8Array {
  for (const { address } of world.state.accounts) if (addressText(address) === text) return address;
  return new Uint8Array(20);
}

describe('explain power', () => {
  it('shows the stake and work of the validators at the last epoch end', async () => {
    const { world } = livedWorld();
    const explanation = await explainPower(world.history, 1, fast);
    PowerExplanation.parse(onChain(world.history, true, explanation));
    const { powerPpb } = world.state.powers.at(1);
    expect(explanation.result).toMatchObject({ validator: 1, epoch: 1, stakeUnits: '500', powerPpb });
    const rows = explanation.steps.at(-1)?.table?.rows ?? [];
    expect(rows.map(([validator]) => validator)).toEqual(['0', '1', '2', '3']);
    // Two auditors passed and three failed, each of a task of 70 VWU.
    expect(rows.reduce((sum, row) => sum + Number(row[2]), 0)).toBe(350);
  });

  it('does not know a validator that is not there, nor powers before the first epoch end', async () => {
    const { world } = livedWorld();
    const error = await failureOf(explainPower(world.history, 4, fast));
    expect(error.message).toBe('There is no validator 4: a test has 4, from 0 on.');
    const young = await failureOf(explainPower(new RecordedWorld().populate().history, 0, fast));
    expect(young.message).toContain('No epoch of a test is closed yet');
  });
});

describe('explain audit', () => {
  it('follows an honest answer from the draw to the payout', async () => {
    const { world, good } = livedWorld();
    const { answer, result } = await explainAudit(world.history, good.taskId, fast);
    expect(result).toMatchObject({ miner: 0, audited: true, verdict: 'pass', outcome: 'approved', refundedUnits: '0' });
    expect(result.auditors).toHaveLength(2);
    expect(result.auditors[0]).toMatchObject({ state: 'revealed', t1Ppb: honest.t1Ppb, opinion: 'pass' });
    expect(result.paidEpoch).toBe(0);
    expect(answer).toBe(
      'The audit passed: miner 0 served what it claims, the task was approved and was paid at the end of epoch 0.',
    );
  });

  it('follows a cheat from the first suspicion to the refund', async () => {
    const { world, bad } = livedWorld();
    const explanation = await explainAudit(world.history, bad.taskId, fast);
    const { answer, result } = explanation;
    expect(result).toMatchObject({ miner: 1, audited: true, verdict: 'hard', outcome: 'rejected', paidEpoch: null });
    expect(result.auditors.map(({ opinion }) => opinion)).toEqual(['hard', 'hard', 'hard']);
    expect(result.refundedUnits).toBe(String(bad.priceUnits));
    expect(answer).toContain('The audit failed (hard): miner 1 did not serve what it claims');
    const [drawn, checks] = explanation.steps.flatMap(({ table }) => (table === null ? [] : [table.rows]));
    // A T1 of 0.12 is above three times the limit.
    expect(checks?.[0]?.slice(1)).toContain('████████│████████████████>');
    for (const row of drawn ?? []) expect(row.slice(2, 5)).toEqual(Array(3).fill(expect.stringMatching(/^block \d+/)));
  });

  it.each([
    [[95, 95, 20], 'outlier', 'most of the other answers agree without it'],
    [[20, 20, 20], 'alone', 'no majority of the answers agrees'],
  ])('of answers as similar as %j calls the last %s', async (percents, agreement, words) => {
    const world = replicatedWorld();
    const receipts = replicasOf(world, percents);
    world.certify(...receipts);
    const [, , last] = receipts;
    const { answer, result, steps } = await explainAudit(world.history, last?.taskId ?? new Uint8Array(), fast);
    expect(result).toMatchObject({ miner: 2, audited: null, outcome: 'rejected', refundedUnits: '100' });
    expect(answer).toContain(words);
    const facts = new Map(steps.flatMap((step) => step.facts).map(({ name, value }) => [name, value]));
    expect(facts.get('among the replicas')).toBe(agreement);
    expect(facts.get('evidence level')).toBe('0');
  });
});
