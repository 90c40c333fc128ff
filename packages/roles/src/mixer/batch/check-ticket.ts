import { isTicket } from '@assay/ledger';
import { type Receipt, type Ref, taskIdOf } from '@assay/protocol';
import type { CheckView } from './check-view.ts';

type Ticketed = Pick<Receipt, 'session' | 'requestHash' | 'ticket' | 'replica' | 'drawHeight'>;

/**
 * §7.2 Why a task of `mixer` may not have this id or be drawn from that state; null when it may. Neither is the
 * mixer's to choose (§6.4, §5.21).
 */
export function checkTicket(view: CheckView, task: Ticketed, mixer: Ref<'mixers'>): string | null {
  const { state, verifier, announcements } = view;
  if (!announcements.allowsDraw(mixer, taskIdOf(task), task.drawHeight)) return 'it was not drawn when it was admitted';
  return isTicket(state, task, { mixer, verifier }) ? null : "the ticket is not its mixer's signature of the request";
}
