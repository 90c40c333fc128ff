import {
  Audit,
  Delegation,
  Domain,
  Event,
  Gateway,
  GenesisJson,
  Holding,
  Miner,
  Mixer,
  Model,
  Profile,
  ReceiptJson,
  Role,
  Session,
  Task,
  Validator,
} from '@assay/client';
import { auditJson, eventJson, genesisJson, receiptJson, rowJson, taskJson } from '@assay/explain/json';
import {
  AuditNumbers,
  AuditRow,
  Components,
  DatedTerms,
  DelegationRow,
  DomainRow,
  GatewayRow,
  Genesis,
  HoldingRow,
  type LedgerEvent,
  ledgerEvents,
  MinerRow,
  MixerRow,
  ModelRow,
  NoiseProfile,
  noNumbers,
  PortableReceipt,
  Receipt,
  RoleRow,
  SessionRow,
  TaskRow,
  ValidatorRow,
} from '@assay/protocol';
import { ByName, EnumType, ListOf, OrNull, type Shape, SomeWord, TextType, UintType } from '@assay/ssz';
import { BooleanType, ByteVectorType, UintBigintType } from '@chainsafe/ssz';
import { describe, expect, it } from 'vitest';
import { closedEpoch } from '../small-chain.fixture.ts';

const report = { mixer: 2, owed: 5, disputed: 3, asked: 5, right: 2, hashRate: 7n, bandwidth: 2n ** 60n, latencyMs: 9 };
const measuredRow = {
  miner: 0,
  epoch: 4,
  failed: 1,
  period: 4,
  right: 2,
  wrong: 3,
  reports: [report],
  hashRates: [1n],
  bandwidths: [],
  latenciesMs: [3],
};
const netAddresses = ['/dns4/a.example/tcp/4001'];
const facts = {
  order: 3,
  modelName: 'm',
  timeMs: 7,
  verdict: null,
  isCompared: true,
  refundedUnits: 0n,
  paidEpoch: null,
};
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
    ['mixer', Mixer, rowJson.mixer(0, { ...MixerRow.defaultValue(), netAddresses })],
    ['gateway', Gateway, rowJson.gateway(0, { ...GatewayRow.defaultValue(), netAddresses })],
    ['validator', Validator, rowJson.validator(0, { ...ValidatorRow.defaultValue(), netAddresses })],
    ['role', Role, rowJson.role(0, RoleRow.defaultValue())],
    ['domain', Domain, rowJson.domain(0, domainOfOne())],
    ['model', Model, rowJson.model(0, ModelRow.defaultValue())],
    ['profile', Profile, rowJson.profile(0, NoiseProfile.defaultValue())],
    ['delegation', Delegation, rowJson.delegation(0, DelegationRow.defaultValue())],
    ['holding', Holding, rowJson.holding(0, HoldingRow.defaultValue())],
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
});

/** A value of a shape, with amounts that no double holds. */
function sampleOf(shape: Shape): unknown {
  if (shape === AuditNumbers) return { ...noNumbers, finding: 'noArtifact' as const };
  if (shape instanceof UintType) return 1;
  if (shape instanceof UintBigintType) return 2n ** 60n;
  if (shape instanceof BooleanType) return true;
  if (shape instanceof ByteVectorType) return new Uint8Array(shape.lengthBytes).fill(7);
  if (shape instanceof TextType) return 'text';
  if (shape instanceof EnumType) return shape.words[0];
  if (shape instanceof SomeWord) return 'NOT_AUDITOR';
  if (shape instanceof OrNull) return sampleOf(shape.inner as Shape);
  if (shape instanceof ListOf) return [sampleOf(shape.item as Shape)];
  if (shape instanceof ByName) return { vwu: sampleOf(shape.value as Shape) };
  return Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, sampleOf(field)]));
}

describe('the API form of events', () => {
  it.each(Object.entries(ledgerEvents))('is what the schema says: %s', (type, shape) => {
    const event = { type, ...(sampleOf(shape) as object) } as LedgerEvent;
    const json = eventJson(event);
    expect(Event.parse(json)).toEqual(json);
    expect(json.type).toBe(type);
  });

  it('is text for an amount, words for what an auditor found, null for what there is not', () => {
    const { emission, ...close } = closedEpoch;
    expect(eventJson({ type: 'epochClosed', close: { ...close, emission: null } })).toMatchObject({
      close: { emission: null, revenueUnits: '7' },
    });
    const taskId = new Uint8Array(32);
    const numbers = { ...noNumbers, finding: 'noArtifact' as const };
    expect(eventJson({ type: 'auditRevealed', taskId, validator: 1, numbers })).toMatchObject({
      taskId: `0x${'00'.repeat(32)}`,
      numbers: { finding: 'noArtifact', flaw: null },
    });
  });
});
