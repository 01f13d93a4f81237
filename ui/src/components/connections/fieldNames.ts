// Advice of the server on a connection, in the words of its form: a command has options where the form has fields. Pure.
import { text } from './text';

// `--credentials-json - < FILE` reads the value from a file; in the form it is pasted.
const OPTION = /--([a-z][a-z-]*[a-z])( - < \S+?(?=[.,;]?(?:\s|$)))?/g;
const COMMAND = /\bmirrorlake\b[^.;`]*$/; // what follows is an option of this command, which is copied as it is

/** The sentences with the labels of fields in place of options. `label`: what the form calls a field. */
export function inFieldNames(sentences: string, label = (name: string) => text.fields[name]?.label): string {
  return sentences.replaceAll(OPTION, (option: string, name: string, _: string | undefined, at: number) => {
    const field = label(name.replaceAll('-', '_'));
    return field === undefined || COMMAND.test(sentences.slice(0, at)) ? option : text.fieldName(field);
  });
}

/** The labels of the fields that a command changes: `mirrorlake connection change NAME --region eu-west-1`. */
export function fieldsOfCommand(command: string): string[] {
  if (!command.startsWith('mirrorlake connection change ')) return [];
  const names = [...command.matchAll(OPTION)].map(([, name = '']) => text.fields[name.replaceAll('-', '_')]?.label);
  return names.filter((name) => name !== undefined);
}
