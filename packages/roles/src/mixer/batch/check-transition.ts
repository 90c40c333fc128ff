import { transitionsCode } from '@assay/ledger';
import { messageTypes, type Ref, TaskRequest, TransitionRequest, taskIdOf } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import type { LateTask } from '../attestations.ts';
import { isSupported } from '../orders.ts';
import { checkDraw } from './check-draw.ts';
import { checkTicket } from './check-ticket.ts';
import type { CheckView } from './check-view.ts';

/** Why a late step may not be certified; null when it may. One reason, the first that applies. */
export function checkTransition(view: CheckView, late: LateTask, mixer: Ref<'mixers'>): string | null {
  const { transition } = late;
  const code = transitionsCode(view.state, [transition], view.state.globals.height + 1);
  if (code !== 'OK') return code;
  return (
    checkAsked(view, late) ??
    checkOrder(view, late, mixer) ??
    checkTicket(view, transition, mixer) ??
    checkDraw(view, {
      ...late.evidence.request,
      ...transition,
      model: view.state.sessions.at(transition.session).model,
    })
  );
}

function checkAsked(view: CheckView, { transition, evidence }: LateTask): string | null {
  const { request, requestSignature } = evidence;
  const same = request.session === transition.session && equalBytes(request.requestHash, transition.requestHash);
  if (!same) return 'the transition is not of the signed request';
  const root = view.roots.of(messageTypes.taskRequest, TaskRequest, request);
  const { sessionKey } = view.state.sessions.at(transition.session);
  return view.verifier.ed25519(sessionKey, root, requestSignature) ? null : 'the request is not signed by the session';
}

function checkOrder(view: CheckView, { transition, evidence }: LateTask, mixer: Ref<'mixers'>): string | null {
  const { step, attempt, miner, rank, oracle } = transition;
  const { request } = evidence.order.request;
  const asked = { ...request, taskId: taskIdOf(transition), mixer, state: step, attempt, miner, rank, oracle };
  if (!TransitionRequest.equals(asked, request)) return 'the mixers voted on another transition';
  return isSupported(view, evidence.order) ? null : 'too few mixers agree that the step was late';
}
