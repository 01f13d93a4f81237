// Texts of the open asset.
import { count } from '../../../components/format';

export const text = {
  viewer: {
    untitled: 'Asset',
    details: 'Details',
    position: (index: number, total: number, capped: boolean) =>
      `${count(index + 1)} of ${count(total)}${capped ? '+' : ''}`,
    previous: 'Previous',
    next: 'Next',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    fit: 'Fit to the window',
    percent: (percent: number) => `${count(percent)} %`,
    showLabels: 'Show annotations',
    hideLabels: 'Hide annotations',
    objectMissing: 'The object is gone from its source. This is its thumbnail.',
    originalUnavailable: 'The original could not be loaded. This is its thumbnail.',
    previewUnavailable: 'No larger preview could be made. This is the thumbnail.',
    pages: 'Pages',
    page: (page: number, pages: number) => `Page ${count(page)} of ${count(pages)}`,
    previousPage: 'Previous page',
    nextPage: 'Next page',
    notPlayable: 'This browser cannot play it. Open the original instead.',
    strip: 'Frames of the video',
    goTo: (time: string) => `Go to ${time}`,
  },

  edit: {
    begin: 'Edit annotations',
    label: 'Annotations',
    drawClass: 'Class of new annotations',
    classOf: 'Class of the selected annotation',
    option: (name: string, ontology: string) => `${name} · ${ontology}`,
    noClasses: 'There are no classes yet. Make an ontology on the page Labels.',
    add: 'Add in the middle',
    addWhole: 'Add',
    over: 'Draw over others',
    remove: 'Remove',
    close: 'Close the outline',
    removePoint: 'Remove the last point',
    discard: 'Discard',
    save: 'Save',
    ways: {
      box: 'Drag to draw a box.',
      rotated_box: 'Drag to draw a box. Then turn it by its round handle.',
      polygon: 'Click for each point. Enter, or a click on the first point, closes the outline.',
      classification: 'This class is about the whole picture: “Add” gives it to the picture.',
      polyline: 'Lines cannot be drawn here yet. Import them, or send them over REST.',
      keypoints: 'Keypoints cannot be drawn here yet. Import them, or send them over REST.',
      mask: 'Masks cannot be drawn here yet. Import them, or draw polygons instead.',
    } as Record<string, string>,
    drawing: 'Enter closes the outline, Backspace or Ctrl+Z removes the last point, Esc discards it.',
    shaping: {
      box: 'Drag the box or its corners. Arrows move what has the focus.',
      rotated_box: 'Drag the box, its corners or the round handle. Shift turns by steps of 15°.',
      polygon: 'Drag its points. The middle of an edge adds a point; Delete removes the point that has the focus.',
    } as Record<string, string>,
    manyPoints: (most: number) =>
      `It has more than ${count(most)} points. Zoom in: those in view get handles once they are few enough.`,
    undo: 'Undo',
    redo: 'Redo',
    fewPoints: 'An outline needs at least three points.',
    flat: 'All points of the outline are on one line. Add a point beside it.',
    crosses: (names: string[]) =>
      names.length === 1
        ? `The outline of ${names[0]} crosses or touches itself. Move its points until it does not, then save.`
        : `${count(names.length)} outlines cross or touch themselves. Move their points until they do not, then save.`,
    unsaved: 'The changes are not saved. Save or discard them first.',
    handles: {
      corner: (number: number) => `Corner ${number}`,
      turn: 'Turn',
      point: (number: number, of: number) => `Point ${count(number)} of ${count(of)}`,
      edge: (number: number) => `Add a point after point ${count(number)}`,
    },
    conflict: {
      title: 'Somebody else has changed the annotations',
      what: (by: string | undefined, added: number, removed: number) =>
        [
          `Since you began, ${by ?? 'somebody'} added ${count(added)} and removed ${count(removed)}.`,
          'A moved annotation counts as both. Nothing of yours is lost or saved yet.',
        ].join(' '),
      collision: 'You both changed the same annotation, so they cannot be kept together.',
      both: 'Keep both',
      mine: 'Keep mine',
      theirs: 'Load theirs',
    },
  },
};
