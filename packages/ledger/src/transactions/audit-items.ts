import type { AuditorSlot, LedgerEvent, ResultCode } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { markSeen } from '../draw/presence.ts';
import type { LedgerState, LedgerView } from '../state/state.ts';
import type { IndexOf } from '../state/state-tables.ts';
import type { TransactionContext, TransactionRule } from './rule.ts';

/** An auditor's slot in an audit, and the index of it. */
export interface Seat {
  readonly audit: IndexOf<'audits'>;
  readonly index: number;
  readonly slot: AuditorSlot;
}

/** What is about the audit of one task. */
interface Item {
  readonly taskId: Uint8Array;
}

/** What one item of a list does to an audit. */
export interface ItemRule<Value extends Item> {
  /** The first code that applies to it; changes nothing. */
  readonly validate: (state: LedgerState, item: Value, seat: Seat) => ResultCode;
  readonly apply: (state: LedgerState, item: Value, seat: Seat) => readonly LedgerEvent[];
}

/** Whether a key is a validator's: audit messages are duties of validators (§1.6). */
export function isValidator(state: LedgerView, publicKey: Uint8Array): boolean {
  return state.roleOf('validator', publicKey) !== undefined;
}

/** Where the validator with this key sits in the open audit of a task, or why it does not (§10.2). */
function findSeat(state: LedgerView, taskId: Uint8Array, publicKey: Uint8Array): Seat | ResultCode {
  const audit = state.auditOf(taskId);
  if (audit === undefined) return 'UNKNOWN_TASK';
  const { auditors, verdict } = state.audits.at(audit);
  const index = auditors.findIndex(({ validator }) => equalBytes(state.validators.at(validator).publicKey, publicKey));
  const slot = auditors[index];
  if (slot === undefined || slot.state === 'missed' || verdict !== 'open') return 'NOT_AUDITOR';
  return { audit, index, slot };
}

/**
 * §10.19 The rule of a list of audit items. Each stands for itself: what came too late or does not fit is passed over
 * with a code, so that one audit that ended meanwhile costs the others nothing. A list of which nothing applies is
 * refused with the code of its first item.
 */
export function listRule<Value extends Item>(
  rule: ItemRule<Value>,
): TransactionRule<{ readonly items: readonly Value[] }> {
  const examine = (state: LedgerState, item: Value, publicKey: Uint8Array) => {
    const seat = findSeat(state, item.taskId, publicKey);
    return typeof seat === 'string' ? { code: seat, seat: null } : { code: rule.validate(state, item, seat), seat };
  };
  return {
    isDuty: (state, _body, publicKey) => isValidator(state, publicKey),
    validate(state, { items }, { publicKey }) {
      const codes = items.map((item) => examine(state, item, publicKey).code);
      return codes.includes('OK') ? 'OK' : (codes[0] ?? 'MALFORMED');
    },
    apply(state, { items }, { publicKey }: TransactionContext) {
      const events: LedgerEvent[] = [];
      const refused: { readonly item: number; readonly code: ResultCode }[] = [];
      for (const [item, value] of items.entries()) {
        const { code, seat } = examine(state, value, publicKey);
        if (code !== 'OK' || seat === null) refused.push({ item, code });
        else {
          markSeen(state, { kind: 'validator', role: seat.slot.validator }, state.globals.epoch); // §7.12
          events.push(...rule.apply(state, value, seat));
        }
      }
      return refused.length === 0 ? events : [...events, { type: 'auditItemsRefused', refused }];
    },
  };
}
