import { ModelRow, PanelSeat, ref } from '@assay/protocol';
import { z } from 'zod';
import { schemaOf, shapeOf } from './schema-of.ts';

const status = z.enum(['proposed', 'accepted', 'refused']);
const seat = z.object({ ...shapeOf(PanelSeat), vote: z.enum(['open', 'accepts', 'refuses']) });
export const Model = z.object({ index: schemaOf(ref('models')), ...shapeOf(ModelRow), status, panel: z.array(seat) });
export type Model = z.infer<typeof Model>;
