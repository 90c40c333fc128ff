import {
  type BodyValues,
  type DomainTerms,
  limits,
  type Receipt,
  type ResultCode,
  resultCodes,
  type Transition,
} from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { measuringOf } from '../audit/challenges.ts';
import { approvedTask, plantTx } from '../testing/audits.fixture.ts';
import { answer, caseWorld } from '../testing/cases.fixture.ts';
import { disputed, measured, measurersOf } from '../testing/challenges.fixture.ts';
import { domainTerms, weighedBy } from '../testing/domains.fixture.ts';
import { buyShares, modelTerms, noiseProfile, proposeModel, voteTx } from '../testing/models.fixture.ts';
import { equivocation, invalidItem } from '../testing/offences.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { openingOf } from '../testing/plants.fixture.ts';
import { backgroundWorld } from '../testing/replicas.fixture.ts';
import { mixerTerms, presenceTx, roleTerms, statusTx } from '../testing/roles.fixture.ts';
import { checked, FEE, honest, type Sender, softFailure, World } from '../testing/world.fixture.ts';

type Scenario = (world: World) => ResultCode;

const transfer =
  (amountUnits: bigint, options = {}): Scenario =>
  (world) =>
    world.send('payer', 'transfer', { to: world.address('owner'), amountUnits }, options);
const register =
  (change: Parameters<World['registration']>[0]): Scenario =>
  (world) =>
    world.send('minerB', 'registerMiner', world.registration(change));
const open =
  (change: Parameters<World['session']>[0]): Scenario =>
  (world) =>
    world.send('payer', 'openSession', world.session(change));
const prices = { priceInUnits: 3n, priceOutUnits: 5n };
const proposal =
  (change: Parameters<typeof modelTerms>[0]): Scenario =>
  (world) =>
    world.send('minerC', 'registerModel', modelTerms(change));
const updateDomain =
  (change: Partial<DomainTerms>): Scenario =>
  (world) =>
    world.send('landlord', 'updateDomain', { domain: 0, terms: domainTerms(world.genesis, change) });
const admission = (world: World, name: Sender) => ({ domain: 0, operator: world.address(name), isAdmitted: true });
const batch =
  (options: Parameters<World['batchTx']>[0]): Scenario =>
  (world) =>
    world.codeOf(world.batchTx(options));
const receipt =
  (change: Partial<Receipt>): Scenario =>
  (world) =>
    world.codeOf(world.batchTx({ receipts: [world.receipt(change)] }));

const transition =
  (change: Partial<Transition>): Scenario =>
  (world) => {
    const transitions = [world.transition(world.receipt(), change)];
    return world.codeOf(world.batchTx({ records: { transitions } }));
  };

/** A certified batch with its certificate changed, sent by somebody who pays the fee. */
const certificate =
  (change: (made: ReturnType<World['batch']>) => ReturnType<World['batch']>): Scenario =>
  (world) =>
    world.send('otherPayer', 'certifiedBatch', change(world.batch({ receipts: [world.receipt()] })));

/** The auditors of a task that was drawn for audit, the first of them, and what they have to say. */
function auditor(world: World, numbers = honest) {
  const receipt = world.receipt();
  const { taskId } = receipt;
  world.certify(receipt);
  const validators = world.auditorsOf(taskId);
  const pairs = validators.map((each) => world.auditPair(each, taskId, numbers));
  const [pair] = pairs;
  if (pair === undefined) throw new Error('nobody was drawn');
  return { validators, taskId, pair, commitAll: () => world.block(...pairs.map((each) => each.commit())) };
}

const propose =
  (path: string, value: string): Scenario =>
  (world) =>
    world.send('payer', 'propose', { action: { kind: 'parameterChange', value: { path, value } } });
const vote =
  (body: BodyValues['vote']): Scenario =>
  (world) => {
    propose('halvingDays', '7')(world);
    return world.send('minerA', 'vote', body);
  };

/** A case in a world of its own, and opinions on it. */
const decide =
  (sender: 'stranger1' | 'payer', index = 0, times = 1): Scenario =>
  () => {
    const world = caseWorld();
    answer(world);
    const codes = Array.from({ length: times }, () => world.send(sender, 'decideCase', { case: index, isFine: true }));
    return codes.at(-1) ?? 'OK';
  };

/** A case a member of the foundation opens in a world of its own. */
const handOpened =
  (change: Parameters<typeof caseWorld>[0], role: number): Scenario =>
  () => {
    const terms = { kind: 'miner' as const, role, amountUnits: 1n, reasonHash: new Uint8Array(32) };
    return caseWorld(change).send('stranger1', 'openCase', terms);
  };

/** One way to reach each code, in a world with a miner and a session. */
const scenarios: Record<ResultCode, Scenario> = {
  OK: transfer(1n),
  TOO_LARGE: (world) => world.codeOf(new Uint8Array(limits.maxTransactionBytes + 1)),
  MALFORMED: (world) => world.codeOf(new Uint8Array(7)),
  BAD_SIGNATURE: (world) => {
    const good = world.tx('payer', 'transfer', { to: world.address('owner'), amountUnits: 1n });
    return world.codeOf(good.with(20, (good[20] ?? 0) ^ 1));
  },
  EXPIRED: transfer(1n, { validUntil: 1 }),
  BAD_NONCE: transfer(1n, { nonce: 9 }),
  FEE_TOO_LOW: transfer(1n, { feeUnits: FEE - 1n }),
  CANNOT_PAY_FEE: transfer(1n, { feeUnits: 1n << 60n }),
  ZERO_AMOUNT: transfer(0n),
  INSUFFICIENT_BALANCE: transfer(1n << 60n),
  UNKNOWN_DOMAIN: register({ domain: 5 }),
  UNKNOWN_MODEL: register({ models: [5] }),
  UNKNOWN_MIXER: open({ homeMixer: 5 }),
  UNKNOWN_SESSION: (world) => world.send('payer', 'closeSession', { session: 5 }),
  UNKNOWN_TASK: (world) => {
    const items = [{ taskId: new Uint8Array(32), commitment: new Uint8Array(32) }];
    return world.send('validator0', 'auditCommit', { items }, { feeUnits: 0n });
  },
  UNKNOWN_ROLE: (world) => world.send('payer', 'delegate', { miner: 5, amountUnits: 1n }),
  ALREADY_REGISTERED: (world) => world.send('minerA', 'registerMiner', world.registration()),
  BAD_SPLIT: register({ split: { operatorBps: 1, ownerBps: 1, stakersBps: 1 } }),
  BAD_CAPACITY: register({ concurrency: 0 }),
  COLLATERAL_TOO_LOW: register({ collateralUnits: 1n }),
  NOT_OWNER: (world) => world.send('minerA', 'unbond', { kind: 'miner', role: 0, amountUnits: 1n }),
  STAKE_TOO_LOW: (world) => world.send('owner', 'unbond', { kind: 'miner', role: 0, amountUnits: 1n }),
  ROLE_HELD: () => {
    const world = caseWorld();
    for (let i = 0; i < 3; i++) answer(world);
    world.finishEpoch();
    return world.send('owner', 'unbond', { kind: 'miner', role: 0, amountUnits: 1n });
  },
  ROLE_GONE: (world) => {
    world.send('owner', 'setRoleStatus', { kind: 'miner', role: 0, status: 'deregistered' });
    return world.send('payer', 'delegate', { miner: 0, amountUnits: 1n });
  },
  BAD_STATUS: (world) => world.send('owner', 'setRoleStatus', { kind: 'miner', role: 0, status: 'active' }),
  LAST_OF_KIND: () => {
    const world = new World({ mixers: 1 });
    return world.codeOf(statusTx(world, 'mixer0', 'paused'));
  },
  KEY_TAKEN: (world) =>
    world.send('payer', 'registerRole', roleTerms(world, 'oracle', { publicKey: world.key('oracle0').publicKey })),
  BAD_POSSESSION: (world) =>
    world.send('payer', 'registerMixer', mixerTerms(world, { possession: new Uint8Array(96) })),
  BAD_NET_ADDRESS: (world) => {
    world.send('payer', 'transfer', { to: world.address('mixer0'), amountUnits: 100n });
    return world.send('mixer0', 'setNetAddresses', { kind: 'mixer', role: 0, netAddresses: [''] });
  },
  BAD_NAME: proposal({ name: '' }),
  NAME_TAKEN: proposal({ name: 'small' }),
  FILE_TAKEN: proposal({ fileHash: new Uint8Array(32) }),
  BAD_MODEL: proposal({ contextTokens: 0 }),
  BAD_PROFILE: (world) =>
    world.send('payer', 'propose', { action: { kind: 'noiseProfile', value: { ...noiseProfile, requests: 299 } } }),
  SPLITS_TOO_HIGH: proposal({ royaltyBps: 8501 }),
  BURN_OUT_OF_BOUNDS: updateDomain({ burnBps: 0 }),
  BAD_WEIGHTS: updateDomain({ components: weighedBy('vwuBps', 1) }),
  BAD_ADMISSION: updateDomain({ userLevel: 11 }),
  NOT_ADMITTED: (world) => {
    const terms = domainTerms(world.genesis, { admission: 'listed' });
    world.send('landlord', 'createDomain', { name: 'law', terms });
    world.send('creator', 'registerModel', modelTerms({ domain: 1 }));
    return register({ domain: 1, models: [2] })(world);
  },
  TOO_MANY_ADMITTED: (world) => {
    const admitted = Array.from({ length: limits.maxAdmitted }, (_, i) =>
      world.tx('landlord', 'admitMiner', admission(world, `stranger${i}`)),
    );
    world.block(...admitted);
    return world.send('landlord', 'admitMiner', admission(world, 'payer'));
  },
  NOT_CREATOR: (world) => world.send('payer', 'updateModelPrice', { model: 0, ...prices }),
  ENGINE_TOO_SOON: (world) => {
    const { miner: _, ...offer } = { ...world.registration(), miner: 0 };
    const change = (engine: number) =>
      world.send('minerA', 'updateMiner', { ...offer, miner: 0, engine: new Uint8Array(32).fill(engine) });
    change(4);
    world.finishEpoch();
    return change(5);
  },
  PRICE_TOO_SOON: (world) => {
    world.send('creator', 'updateModelPrice', { model: 0, ...prices });
    return world.send('creator', 'updateModelPrice', { model: 0, ...prices });
  },
  NOT_ON_PANEL: (world) => world.codeOf(voteTx(world, 0, 0, true)),
  ALREADY_VOTED: (world) => {
    const { model, panel } = proposeModel(world);
    const [validator = 9] = panel;
    world.block(voteTx(world, validator, model, true));
    return world.codeOf(voteTx(world, validator, model, true));
  },
  MODEL_NOT_ACCEPTED: (world) => {
    const { model } = proposeModel(world);
    return world.send('payer', 'openSession', world.session({ model }));
  },
  TOO_FEW_SHARES: (world) =>
    world.send('payer', 'transferModelShares', { model: 0, to: world.address('owner'), shares: 1 }),
  NOT_OFFERED: (world) => buyShares(world, 3),
  PRICE_TOO_HIGH: (world) => buyShares(world, 2),
  NOT_PAYER: (world) => world.send('otherPayer', 'closeSession', { session: 0 }),
  SESSION_CLOSED: (world) => {
    world.send('payer', 'closeSession', { session: 0 });
    return world.send('payer', 'closeSession', { session: 0 });
  },
  SESSION_EXPIRED: open({ expiryHeight: 1 }),
  BAD_REDUNDANCY: open({ redundancy: 2 }),
  BAD_DEDICATION: open({ dedicatedMiners: [1] }),
  WRONG_EPOCH: batch({ epoch: 7 }),
  ALREADY_PRESENT: (world) => world.codeOf(presenceTx(world, 'mixer0')),
  NOT_IN_COMMITTEE: (world) => {
    world.send('payer', 'registerMixer', mixerTerms(world));
    return world.codeOf(world.batchTx({ mixer: 4, sender: 'stranger9' }));
  },
  WRONG_SEQUENCE: batch({ sequence: 7 }),
  BAD_SIGNERS: certificate((made) => ({
    ...made,
    certificate: { ...made.certificate, signers: new World({ mixers: 3 }).batch().certificate.signers },
  })),
  NOT_ENOUGH_SIGNERS: batch({ signers: [0, 2] }),
  BAD_RECEIPTS_ROOT: certificate((made) => ({ ...made, receipts: [] })),
  BAD_RECORDS_ROOT: (world) => {
    const records = { transitions: [world.transition(world.receipt())], reports: [] };
    return world.send('otherPayer', 'certifiedBatch', { ...world.batch(), records });
  },
  BAD_REVEAL: certificate((made) => ({
    ...made,
    certificate: {
      ...made.certificate,
      header: { ...made.certificate.header, reveal: new Uint8Array(96) },
    },
  })),
  BAD_CERTIFICATE: certificate((made) => ({
    ...made,
    certificate: { ...made.certificate, signature: new Uint8Array(96) },
  })),
  RECEIPT_UNKNOWN_ROLE: receipt({ miner: 5 }),
  RECEIPT_OUT_OF_TIME: receipt({ drawHeight: 1000 }),
  RECEIPT_BAD_TASK: receipt({ taskId: new Uint8Array(32) }),
  RECEIPT_BAD_REPLICA: receipt({ replica: 1 }),
  RECEIPT_BAD_SIMILARITY: receipt({ similarityPpb: 1 }),
  RECEIPT_WRONG_MINER: (world) => {
    world.send('minerB', 'registerMiner', world.registration());
    open({ dedicatedMiners: [0] })(world);
    return receipt({ session: 1, miner: 1 })(world);
  },
  RECEIPT_WRONG_KIND: receipt({ kind: 'background' }),
  RECEIPT_TRAINING: () => {
    const domains = { ...worldParams.domains, inferenceOnly: true };
    const world = new World({ params: { domains } }).populate();
    return world.codeOf(world.batchTx({ receipts: [world.receipt({ kind: 'training' })] }));
  },
  RECEIPT_BAD_PRICE: receipt({ priceUnits: 1n }),
  RECEIPT_DUPLICATE: (world) => {
    const twice = world.receipt();
    return world.codeOf(world.batchTx({ receipts: [twice, twice] }));
  },
  RECEIPT_SAME_MINER: (world) => {
    open({ redundancy: 3 })(world);
    const receipts = [0, 1].map((replica) => world.receipt({ session: 1, requestHash: new Uint8Array(32), replica }));
    return world.codeOf(world.batchTx({ receipts }));
  },
  RECEIPT_BACKGROUND_FULL: () => {
    const world = backgroundWorld(29);
    return receipt({ session: 1, kind: 'background', priceUnits: 0n })(world);
  },
  RECEIPT_OVERDRAWN: (world) => {
    const dear = { tokensIn: 0, tokensOut: 2500 };
    const receipts = Array.from({ length: 11 }, () => world.receipt(dear));
    return world.codeOf(world.batchTx({ receipts }));
  },
  TRANSITION_UNKNOWN_ROLE: transition({ oracle: 2 }),
  TRANSITION_OUT_OF_TIME: transition({ drawHeight: 1000 }),
  TRANSITION_BAD_STEP: transition({ step: 'end' }),
  TRANSITION_DUPLICATE: (world) => {
    const transitions = [world.transition(world.receipt())];
    world.block(world.batchTx({ records: { transitions } }));
    return world.codeOf(world.batchTx({ records: { transitions } }));
  },
  REPORT_NOT_MEASURER: (world) =>
    world.codeOf(world.batchTx({ records: { reports: [world.report(0, { miner: 9 })] } })),
  REPORT_DUPLICATE: (world) => {
    const { batch: made, report } = measured(world);
    return made([report(), report()]);
  },
  REPORT_BAD_REVEAL: (world) => {
    const { batch: made, report } = measured(world);
    return made([{ ...report(), reveal: new Uint8Array(96) }]);
  },
  REPORT_BAD_COUNTS: (world) => {
    const { batch: made, report } = measured(world);
    const [mixer = 0] = measurersOf(world, 0, { disputed: [disputed()] });
    const { owed } = measuringOf(world.state, { mixer, reveal: report().reveal }, 0);
    return made([report(...Array.from({ length: owed + 1 }, () => disputed()))]);
  },
  REPORT_BAD_DISPUTE: (world) => {
    const { batch: made, report } = measured(world);
    return made([report(disputed({ model: 1 }))]);
  },
  NOT_AUDITOR: (world) => {
    const { validators, taskId } = auditor(world);
    const outsider = [0, 1, 2, 3].find((each) => !validators.includes(each)) ?? 9;
    return world.codeOf(world.auditPair(outsider, taskId, honest).commit());
  },
  ALREADY_COMMITTED: (world) => {
    const { pair } = auditor(world);
    world.block(pair.commit());
    return world.codeOf(pair.commit());
  },
  NOT_COMMITTED: (world) => world.codeOf(auditor(world).pair.reveal()),
  REVEAL_TOO_EARLY: (world) => {
    const { pair } = auditor(world);
    world.block(pair.commit());
    return world.codeOf(pair.reveal());
  },
  COMMITMENT_MISMATCH: (world) => {
    const { validators, taskId, commitAll } = auditor(world);
    commitAll();
    return world.codeOf(world.auditPair(validators[0] ?? 9, taskId, softFailure).reveal());
  },
  BAD_NUMBERS: (world) => {
    const { pair, commitAll } = auditor(world, checked(2_000_000_000));
    commitAll();
    return world.codeOf(pair.reveal());
  },
  NOT_PLANTED: (world) => world.send('minerA', 'openPlant', openingOf(auditor(world).taskId)),
  PLANT_TOO_SOON: (world) => [0, 1].map(() => world.codeOf(plantTx(world, approvedTask(world)))).at(-1) ?? 'OK',
  PLANT_NOT_DUE: (world) => world.codeOf(plantTx(world, auditor(world).taskId)),
  TASK_NOT_APPROVED: (world) => world.send('payer', 'feedback', { taskId: auditor(world).taskId, rating: 3 }),
  NOT_ASSIGNED: (world) => {
    open({ dedicatedMiners: [0] })(world);
    const taskId = approvedTask(world, world.receipt({ session: 1 }));
    return world.send('payer', 'feedback', { taskId, rating: 3 });
  },
  ALREADY_RATED: (world) => {
    const rating = { taskId: approvedTask(world), rating: 3 };
    world.send('payer', 'feedback', rating);
    return world.send('payer', 'feedback', rating);
  },
  BAD_RATING: (world) => world.send('payer', 'feedback', { taskId: approvedTask(world), rating: 6 }),
  UNKNOWN_PROPOSAL: vote({ proposal: 1, choice: 'yes' }),
  UNKNOWN_PARAMETER: propose('nothing', '1'),
  FIXED_PARAMETER: propose('epochBlocks', '1'),
  BAD_PARAMETER_VALUE: propose('halvingDays', '"7"'),
  PARAMETER_OUT_OF_BOUNDS: propose('halvingDays', '100001'),
  BAD_UPGRADE: (world) => {
    const action = { kind: 'upgrade' as const, value: { rule: 3, height: 1_000_000 } };
    return world.send('payer', 'propose', { action });
  },
  VOTING_OVER: (world) => {
    propose('halvingDays', '7')(world);
    for (let epoch = 0; epoch < 3; epoch++) world.finishEpoch();
    return world.send('minerA', 'vote', { proposal: 0, choice: 'yes' });
  },
  UNKNOWN_CASE: decide('stranger1', 1),
  NOT_FOUNDATION: decide('payer'),
  CASE_NOT_OPEN: () => {
    const cases = caseWorld({ foundationReview: false });
    answer(cases);
    return cases.send('stranger1', 'decideCase', { case: 0, isFine: true });
  },
  ALREADY_DECIDED: decide('stranger1', 0, 2),
  NO_REVIEW: handOpened({ foundationReview: false }, 0),
  NOTHING_TO_HOLD: handOpened({}, 9),
  EVIDENCE_OUT_OF_TIME: (world) => world.send('payer', 'evidence', { offence: equivocation(world, 0, { epoch: 7 }) }),
  EVIDENCE_KNOWN: (world) => {
    world.send('payer', 'evidence', { offence: equivocation(world) });
    return world.send('payer', 'evidence', { offence: equivocation(world) });
  },
  BAD_EVIDENCE: (world) => world.send('payer', 'evidence', { offence: invalidItem(world, {}) }),
};

describe('result codes §1.5', () => {
  it('are all reached here', () => {
    expect(Object.keys(scenarios).toSorted()).toEqual(Object.keys(resultCodes).toSorted());
  });

  it.each(Object.keys(resultCodes) as ResultCode[])('%s', (code) => {
    const world = new World({ balanceUnits: 10_000_000n }).populate();
    expect(scenarios[code](world)).toBe(code);
  });
});
