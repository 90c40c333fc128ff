import { formatUnits, type Hindrance } from '@assay/client';
import { committeeOf, type LedgerView } from '@assay/ledger';
import { addressText, type EngineInfo, type Ref } from '@assay/protocol';
import { holding, ofCases, ofStatus, tooLow } from './hindrance.ts';
import { hindrancesOfMiner } from './miner-earning.ts';

/** A role, and where the chain has it. */
export interface EarningRole {
  readonly kind: 'miner' | 'mixer' | 'oracle' | 'validator' | 'gateway';
  /** Null while it is not registered. */
  readonly index: number | null;
  /** The account that is to run it, and to pay its deposit. */
  readonly operator: Uint8Array;
  /** What a miner serves with; null where that is not known. */
  readonly engine: EngineInfo | null;
}

/** What keeps a role from earning, by the head of the chain; the first is the one to see to first. Empty: nothing. */
export function hindrancesOf(head: LedgerView, { kind, index, operator, engine }: EarningRole): Hindrance[] {
  if (index === null) {
    const has = `its account, ${addressText(operator)}, holds ${formatUnits(head.balanceOf(operator))} units`;
    const cure = '`assay join` registers it by itself when the account holds its deposit and the model is loaded.';
    return holding([[true, 'notRegistered', `The chain has no ${kind} with this key; ${has}.`, cure]]);
  }
  if (kind === 'miner') return hindrancesOfMiner(head, index, engine);
  const standing = ofStatus(kind, index, head[`${kind}s`].at(index));
  return [...(standing.length > 0 ? standing : ofDuties(head, kind, index)), ...ofCases(head, kind, index)];
}

function ofDuties(head: LedgerView, kind: Exclude<EarningRole['kind'], 'miner'>, index: number): Hindrance[] {
  if (kind === 'mixer') return ofMixer(head, index);
  if (kind === 'validator') return ofValidator(head, index);
  return kind === 'oracle' ? ofPresence(head, kind, index) : ofStake(head, kind, index);
}

function ofMixer(head: LedgerView, index: Ref<'mixers'>): Hindrance[] {
  const { epoch } = head.globals;
  const { seatFrom } = head.mixers.at(index);
  const isSeated = committeeOf(head, epoch).some(({ mixer }) => mixer === index);
  const from = Math.max(epoch + 1, seatFrom);
  const cure = `Keep it running: who shows that it is there may have one from epoch ${from} on.`;
  return [
    ...ofStake(head, 'mixer', index),
    ...holding([[!isSeated, 'noSeat', 'It has no seat in the committee.', cure]]),
    ...ofPresence(head, 'mixer', index),
  ];
}

function ofValidator(head: LedgerView, index: Ref<'validators'>): Hindrance[] {
  const noPower = 'Its power is 0: it has no say in blocks.';
  const cure = 'Keep it running: power follows stake and work at the end of each epoch.';
  return [
    ...ofStake(head, 'validator', index),
    ...holding([[head.powers.at(index).powerPpb === 0, 'noPower', noPower, cure]]),
    ...ofPresence(head, 'validator', index),
  ];
}

/** §7.12 */
function ofPresence(head: LedgerView, kind: 'mixer' | 'oracle' | 'validator', index: number): Hindrance[] {
  const { seenUntil } = head[`${kind}s`].at(index);
  const absent = 'It was not seen lately, so it is drawn for nothing.';
  const cure = 'Keep it running: it shows itself once an epoch.';
  const stake = kind === 'oracle' ? ofStake(head, kind, index) : [];
  return [...stake, ...holding([[seenUntil < head.globals.epoch, 'notSeen', absent, cure]])];
}

function ofStake(head: LedgerView, kind: Exclude<EarningRole['kind'], 'miner'>, index: number): Hindrance[] {
  const { stakeUnits } = head[`${kind}s`].at(index);
  const least = head.params.stake[`${kind}MinUnits`];
  return holding([[stakeUnits < least, 'stakeTooLow', ...tooLow('stake', stakeUnits, least)]]);
}
