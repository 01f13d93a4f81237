// The body of the request that sets the split of a selection. Pure.
import { asRequest, type Selection } from '../../selection';
import { text } from './text';

export type Choice = keyof typeof text.choices;
export const CHOICES = Object.keys(text.choices) as Choice[];

export function assignment(selection: Selection, choice: Choice) {
  const automatic = choice === 'automatic';
  const split = automatic || choice === 'none' ? null : choice;
  // Of picked assets, too, those that are in no such project are left out, as the dialog says.
  return { ...asRequest(selection), split, automatic, skip_others: true };
}
