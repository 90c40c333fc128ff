import { type BodyValues, type MinerRow, noValidator, type ResultCode, Surprise } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { ALL_BPS, PPB } from '../arithmetic/integers.ts';
import { termsAt, termsOf } from '../stake/domains.ts';
import { noCounts, noWork } from '../standing/counts.ts';
import { noEvidence } from '../standing/standing.ts';
import { routingWeight } from '../standing/weight.ts';
import type { LedgerState } from '../state/state.ts';
import type { TransactionContext, TransactionRule } from './rule.ts';

type Body = BodyValues['registerMiner'];

const MAX_EVIDENCE_LEVEL = 2;

/** Registers the sender as the operator of a miner: fee to the domain's owner, collateral locked (§3.2, B2). */
export const registerMiner: TransactionRule<Body> = {
  validate(state, body, context) {
    const domain = state.domains.get(body.domain);
    const terms = termsOf(state, body.domain);
    const cost = body.collateralUnits + (terms?.registrationFeeUnits ?? 0n);
    if (cost > context.availableUnits) return 'INSUFFICIENT_BALANCE';
    if (domain === undefined || terms === undefined) return 'UNKNOWN_DOMAIN';
    if (body.models.some((model) => state.models.get(model)?.domain !== body.domain)) return 'UNKNOWN_MODEL';
    const known = state.minerOf(context.sender);
    const isKnown = known !== undefined && state.miners.at(known).status !== 'deregistered';
    if (isKnown) return 'ALREADY_REGISTERED';
    const code = minerTermsCode(body);
    if (code !== 'OK') return code;
    if (body.collateralUnits < terms.minCollateralUnits) return 'COLLATERAL_TOO_LOW';
    if (state.roleOf('miner', body.publicKey) !== undefined) return 'KEY_TAKEN';
    if (terms.admission === 'open') return 'OK';
    return domain.admitted.some((address) => equalBytes(address, context.sender)) ? 'OK' : 'NOT_ADMITTED'; // §4.10
  },
  apply(state, body, context) {
    const domain = state.domains.at(body.domain);
    const { registrationFeeUnits } = termsAt(domain, state.globals.epoch);
    state.debit(context.sender, registrationFeeUnits + body.collateralUnits);
    state.credit(domain.owner, registrationFeeUnits);
    const admitted = domain.admitted.filter((address) => !equalBytes(address, context.sender));
    if (admitted.length < domain.admitted.length) state.domains.update(body.domain, { admitted });
    const miner = state.miners.push(minerRow(state, body, context));
    return [{ type: 'minerRegistered', miner, operator: context.sender }];
  },
};

/** The code of what a miner says it can do and how its income is divided; its models are of its domain. */
export function minerTermsCode(body: Pick<Body, keyof BodyValues['updateMiner'] & keyof Body>): ResultCode {
  const { split, concurrency, contextTokens, models, evidenceLevel } = body;
  if (split.operatorBps + split.ownerBps + split.stakersBps !== ALL_BPS) return 'BAD_SPLIT';
  const canWork = concurrency > 0 && contextTokens > 0 && models.length > 0 && evidenceLevel <= MAX_EVIDENCE_LEVEL;
  return canWork ? 'OK' : 'BAD_CAPACITY';
}

function minerRow({ params, globals }: LedgerState, body: Body, { sender, height }: TransactionContext): MinerRow {
  return {
    ...body,
    delegatedUnits: 0n,
    operator: sender,
    status: 'active',
    statusHeight: height,
    validator: noValidator,
    // §6.1 Draws from the next state on may pick it: every mixer has seen it by then.
    activeFrom: height + 1,
    earlierEngine: body.engine,
    earlierEvidenceLevel: body.evidenceLevel,
    engineEpoch: 0,
    weight: routingWeight(0, body.concurrency, params.audit.minRoutingTrustPpb),
    trustPpb: 0,
    passedMicro: 0,
    failedMicro: 0,
    level: 0,
    streak: 0,
    ...noEvidence,
    mismatchesMilli: 0,
    surprise: Surprise.defaultValue(),
    resultsOwed: 0,
    engineUnknown: false,
    plantFrom: 0,
    tasks: 0,
    audited: 0,
    rejected: 0,
    registeredPeriod: globals.period,
    periodTrustPpb: 0,
    availabilityPpb: Number(PPB),
    strikes: 0,
    weakPeriods: 0,
    ...noCounts,
    ...noWork,
    standingEpoch: globals.epoch,
  };
}
