// The keyboard shortcuts.
export const text = {
  title: 'Keyboard shortcuts',
  groups: [
    {
      name: 'Everywhere',
      keys: [
        { keys: ['?'], action: 'Show this list' },
        { keys: ['Esc'], action: 'Close a dialog or an asset' },
        { keys: ['Tab'], action: 'Go to the next control' },
      ],
    },
    {
      name: 'Library',
      keys: [
        { keys: ['/'], action: 'Edit the query' },
        { keys: ['↓', 'Tab'], action: 'In the query: choose a suggestion, and take it' },
        { keys: ['Enter'], action: 'Go from the query to the results, or open an asset' },
        { keys: ['←', '→', '↑', '↓'], action: 'Move between assets' },
        { keys: ['Page Up', 'Page Down'], action: 'Move by one screen' },
        { keys: ['Home', 'End'], action: 'Go to the first or last asset' },
        { keys: ['Space'], action: 'Select an asset, or no longer' },
        { keys: ['Shift', '←', '→', '↑', '↓'], action: 'Select from one asset to another' },
        { keys: ['Ctrl', 'A'], action: 'Select all that match' },
        { keys: ['Esc'], action: 'Clear the selection' },
      ],
    },
    {
      name: 'Open asset',
      keys: [
        { keys: ['←', '→'], action: 'Previous or next asset' },
        { keys: ['+', '−', '0'], action: 'Zoom in, zoom out, fit to the window' },
        { keys: ['Shift', '←', '→', '↑', '↓'], action: 'Move the zoomed image' },
        { keys: ['L'], action: 'Show or hide annotations' },
        {
          keys: ['N', 'J', 'K'],
          action: 'While annotations are edited: a new one in the middle, the next one, the one before',
        },
        { keys: ['D'], action: 'Draw over other annotations, or no longer' },
        { keys: ['Enter', 'Backspace', 'Esc'], action: 'Close an outline, remove its last point, discard it' },
        { keys: ['Ctrl', 'Z'], action: 'Undo the last change of the annotations; with Shift do it again' },
        { keys: ['Delete'], action: 'Remove the selected annotation; arrows move it, with Shift they resize it' },
        { keys: ['Tab'], action: 'Go to its handles: arrows move them, Enter adds a point, Delete removes one' },
      ],
    },
  ],
};
