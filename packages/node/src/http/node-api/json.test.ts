import {
  Audit,
  Domain,
  Event,
  GenesisJson,
  Miner,
  Mixer,
  Model,
  ReceiptJson,
  Role,
  Session,
  Task,
} from '@assay/client';
import type { LedgerEvent } from '@assay/ledger';
import {
  AuditNumbers,
  AuditRow,
  Components,
  DatedTerms,
  DomainRow,
  findings,
  Genesis,
  ledgerEvents,
  MinerRow,
  MixerRow,
  ModelRow,
  PortableReceipt,
  Receipt,
  RoleRow,
  SessionRow,
  TaskRow,
} from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { closedEpoch } from '../small-chain.fixture.ts';
import { auditJson, eventJson, genesisJson, receiptJson, rowJson, taskJson } from './json.ts';

const report = { mixer: 2, owed: 5, disputed: 3, hashRate: 7n, bandwidth: 2n ** 60n, latencyMs: 9 };
const measuredRow = {
  miner: 0,
  epoch: 4,
  failed: 1,
  reports: [report],
  hashRates: [1n],
  bandwidths: [],
  latenciesMs: [3],
};
const facts = { order: 3, modelName: 'm', timeMs: 7, verdict: null, refundedUnits: 0n, paidEpoch: null };
const genesisOfOne = () => ({
  ...Genesis.defaultValue(),
  ...Object.fromEntries(
    (['accounts', 'mixers', 'oracles', 'validators', 'gateways', 'domains', 'models'] as const).map((table) => [
      table,
      [Genesis.fields[table].elementType.defaultValue()],
    ]),
  ),
});
const domainOfOne = () => {
  const terms = { ...DatedTerms.defaultValue(), components: [Components.defaultValue()] };
  return { ...DomainRow.defaultValue(), terms: [terms], admitted: [new Uint8Array(20)] };
};
const auditOfOne = () => ({
  ...AuditRow.defaultValue(),
  auditors: [AuditRow.fields.auditors.elementType.defaultValue()],
});

describe('the API form of ledger values', () => {
  // A schema drops what it does not name, so equality holds only when schema and type have the same fields.
  it.each([
    ['miner', Miner, rowJson.miner(0, MinerRow.defaultValue(), undefined)],
    ['measured miner', Miner, rowJson.miner(0, MinerRow.defaultValue(), measuredRow)],
    ['mixer', Mixer, rowJson.mixer(0, MixerRow.defaultValue())],
    ['role', Role, rowJson.role(0, RoleRow.defaultValue())],
    ['domain', Domain, rowJson.domain(0, domainOfOne())],
    ['model', Model, rowJson.model(0, ModelRow.defaultValue())],
    ['session', Session, rowJson.session(0, SessionRow.defaultValue())],
    ['genesis', GenesisJson, genesisJson(genesisOfOne())],
    ['receipt', ReceiptJson, receiptJson(PortableReceipt.defaultValue())],
    ['audit', Audit, auditJson(auditOfOne())],
    ['task', Task, taskJson(TaskRow.defaultValue(), Receipt.defaultValue(), facts)],
  ])('has exactly the fields of the protocol: %s', (_, schema, json) => {
    expect(schema.parse(json)).toEqual(json);
  });

  it('reads a genesis and a receipt back to the same bytes', () => {
    const genesis = genesisOfOne();
    expect(Genesis.serialize(Genesis.fromJson(genesisJson(genesis)))).toEqual(Genesis.serialize(genesis));
    const receipt = { ...PortableReceipt.defaultValue(), path: [new Uint8Array(32).fill(1)] };
    const back = PortableReceipt.fromJson(receiptJson(receipt));
    expect(PortableReceipt.serialize(back)).toEqual(PortableReceipt.serialize(receipt));
  });

  it('says no word for a number that has none', () => {
    expect(() => rowJson.session(0, { ...SessionRow.defaultValue(), status: 9 })).toThrow(RangeError);
  });
});

describe('the API form of events', () => {
  const taskId = new Uint8Array(32).fill(7);
  const address = new Uint8Array(20);
  const numbers = { ...AuditNumbers.defaultValue(), finding: findings.noArtifact };
  const part = { burnUnits: 1n, processorsUnits: 1n, creatorsUnits: 1n, validatorsUnits: 1n, domainUnits: 1n };
  const events: readonly LedgerEvent[] = [
    { type: 'domainCreated', domain: 1, owner: address },
    { type: 'domainUpdated', domain: 1, fromEpoch: 7 },
    { type: 'minerAdmitted', domain: 1, operator: address, isAdmitted: true },
    { type: 'modelRegistered', model: 1, creator: address },
    { type: 'panelDrawn', model: 1, validators: [2, 0] },
    { type: 'modelDecided', model: 1, accepted: true, seats: 3, accepts: 2, refuses: 1 },
    { type: 'modelPriced', model: 1, priceInUnits: 2n ** 60n, priceOutUnits: 3n },
    { type: 'sessionOpened', session: 1, payer: address },
    { type: 'sessionClosed', session: 1, refundedUnits: 2n ** 60n },
    { type: 'taskCertified', taskId, transaction: 0, receipt: 1, mixer: 2 },
    { type: 'taskLate', taskId, step: 'start', attempt: 1, miner: 2, oracle: 0 },
    { type: 'auditOpened', taskId, ratePpb: 5 },
    { type: 'auditDrawn', taskId, auditors: [1, 2] },
    { type: 'auditSkipped', taskId, ratePpb: 5 },
    { type: 'auditRevealed', taskId, validator: 1, numbers },
    { type: 'auditItemsRefused', refused: [{ item: 2, code: 'NOT_AUDITOR' }] },
    { type: 'auditorMissed', taskId, validator: 1 },
    { type: 'turnsMissed', mixer: 3, rounds: 1, medianRounds: 4 },
    { type: 'artifactMissing', taskId, mixer: 1 },
    { type: 'minerUnchecked', miner: 1, resultsOwed: 10 },
    { type: 'taskApproved', taskId, audited: true },
    { type: 'taskRejected', taskId, reason: 'soft', refundedUnits: 9n },
    { type: 'taskRated', taskId, rating: 5 },
    { type: 'taskPaid', taskId, epoch: 4, parts: { ...part, minersUnits: 2n ** 60n } },
    { type: 'trustChanged', miner: 1, fromPpb: 0, toPpb: 1 },
    {
      ...{ type: 'caseOpened', case: 1, cause: 'hardFailure', kind: 'miner', role: 2, subject: taskId, priceUnits: 3n },
      ...{ proposedUnits: 4n, stakeUnits: 2n ** 60n, leavingUnits: 5n, takenUnits: 6n, heldUnits: 4n },
    },
    { type: 'rewardsHeld', case: 1, miner: 2, revenueUnits: 2n ** 60n, emissionUnits: 3n },
    { type: 'caseOpinion', case: 1, member: address, isFine: true },
    { type: 'caseAppealed', case: 1, bondUnits: 5n },
    {
      ...{ type: 'caseExecuted', case: 1, by: 'time', fineUnits: 10n, burnedUnits: 8n },
      rewards: [{ account: address, units: 2n }],
    },
    { type: 'caseDismissed', case: 1, by: 'foundation', returnedUnits: 5n },
    { type: 'penaltiesFrozen', shared: 'model', model: 0, failing: 3, miners: 9, cases: [1, 2, 3] },
    { type: 'proposed', proposal: 1, proposer: address },
    { type: 'voted', proposal: 1, voter: address, choice: 3 },
    {
      type: 'votingEnded',
      proposal: 1,
      outcome: 'vetoed',
      count: { yesUnits: 1n, noUnits: 2n, abstainUnits: 3n, vetoUnits: 2n ** 60n, totalUnits: 2n ** 62n },
      burnedUnits: 5n,
    },
    { type: 'proposalExecuted', proposal: 1 },
    { type: 'proposalFailed', proposal: 1 },
    { type: 'minerRegistered', miner: 1, operator: address },
    { type: 'roleRegistered', kind: 'mixer', role: 1, account: address },
    { type: 'roleStatusSet', kind: 'gateway', role: 1, status: 'paused' },
    { type: 'unbonded', account: address, kind: 'delegation', role: 1, units: 2n ** 60n },
    { type: 'keyRotated', kind: 'miner', role: 1, fromEpoch: 5 },
    { type: 'committeeKeyRotated', mixer: 1, fromEpoch: 5 },
    { type: 'minerUpdated', miner: 1, fromEpoch: 5 },
    { type: 'committeeChosen', fromEpoch: 5, mixers: [0, 2] },
    { type: 'levelChanged', miner: 1, from: 0, to: 1 },
    { type: 'roleAbsent', kind: 'mixer', role: 1 },
    { type: 'minerHeld', miner: 1, case: 4, cusumMilli: 13_800, hardFailures: 2, isFrozen: false },
    { type: 'minerCleared', miner: 1 },
    { type: 'minerEjected', miner: 1, cusumMilli: 13_800, hardFailures: 2, returnedUnits: 2n ** 60n },
    { type: 'minerMeasured', miner: 1, ...report },
    { type: 'challengeDisputed', taskId, miner: 1, mixer: 2, knownTaskId: taskId },
    { type: 'challengeJudged', taskId, miner: 1, mixer: 2, verdict: 'soft' },
    { type: 'plantOpened', taskId, miner: 1 },
    { type: 'auditReopened', taskId, challengeTaskId: taskId },
    { type: 'taskReaudited', taskId, verdict: 'hard' },
    { type: 'challengesFailed', miner: 1, failed: 3 },
    { type: 'scoreWeak', miner: 1, periods: 2, finalPpb: 5n, meanPpb: 40n },
    { type: 'minerRemoved', miner: 1, weakPeriods: 4 },
    {
      type: 'powersSet',
      epoch: 4,
      powerWorkPpb: 5,
      powers: [{ stakeUnits: 2n ** 60n, work: 3n, fromPpb: 1, targetPpb: 2, powerPpb: 2 }],
    },
    { type: 'epochClosed', close: closedEpoch },
  ];

  it.each(events.map((event) => [event.type, event] as const))('is what the schema says: %s', (type, event) => {
    const json = eventJson(event);
    expect(Event.parse(json)).toEqual(json);
    expect(json.type).toBe(type);
  });

  it('covers every event of the ledger', () => {
    expect(events.map((event) => event.type)).toEqual(Object.keys(ledgerEvents));
  });
});
