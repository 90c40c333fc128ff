import type { EventPage } from '@assay/client';
import { eventJson } from '@assay/explain/json';
import type { MarkedEvent } from '@assay/protocol';
import type { Store } from '../store/store.ts';

/** The events of a type in the block of a height, as the API has them. */
export function markedEventsAt(store: Pick<Store, 'resultAt'>, type: MarkedEvent, height: number): EventPage['items'] {
  const events = store.resultAt(height)?.events ?? [];
  return events.filter((event) => event.type === type).map((event) => ({ height, event: eventJson(event) }));
}
