import type { Receipt } from '@assay/protocol';
import type { CheckView } from './check-view.ts';

/** Blocks up to a draw in which a mixer that is there has signed a batch: one less than it may be silent (§5.6). */
const shownBlocks = 3;
/** Blocks after it that are looked at when there is no batch in those: who waits for silent mixers is late. */
const laterBlocks = 24;

type Admitted = Pick<Receipt, 'session' | 'taskId' | 'drawHeight'>;

/**
 * §5.6 Why another than the home mixer may not have taken a task; null when it may. Who comes and goes later changes
 * nothing about it. Its own mixer asked that at admission.
 */
export function checkHome(view: CheckView, task: Admitted, mixer: number): string | null {
  const { homeMixer } = view.state.sessions.at(task.session);
  if (mixer === homeMixer || mixer === view.mixer) return null;
  return wasThere(view, task, { mixer, homeMixer }) ? 'the home mixer of its session was there' : null;
}

function wasThere(
  view: CheckView,
  { taskId, drawHeight }: Admitted,
  { mixer, homeMixer }: { readonly mixer: number; readonly homeMixer: number },
): boolean {
  const { announcements } = view;
  const heard = announcements.heard(mixer, taskId);
  // Whether the others hear it a mixer cannot know of itself.
  if (heard?.isFromStart === true && homeMixer !== view.mixer) return heard.present.has(homeMixer);
  const shown = signersAround(view, drawHeight, mixer);
  const wasAway = drawHeight <= announcements.sinceHeight || !shown.has(view.mixer);
  // What it missed the chain tells; who should have heard of a task and did not believes nothing of it.
  if (shown.size > 0 && wasAway) return shown.has(homeMixer);
  return (heard?.present ?? view.present).has(homeMixer);
}

/** Who signed the batches up to a draw, or else the next ones; those of the mixer that is checked prove nothing. */
function signersAround({ batchesAt }: CheckView, drawHeight: number, except: number): ReadonlySet<number> {
  const signersAt = (height: number) =>
    batchesAt(height).flatMap(({ mixer, signers }) => (mixer === except ? [] : signers));
  const signers = new Set(Array.from({ length: shownBlocks }, (_, back) => signersAt(drawHeight - back)).flat());
  for (let later = 1; signers.size === 0 && later <= laterBlocks; later++) {
    for (const signer of signersAt(drawHeight + later)) signers.add(signer);
  }
  return signers;
}
