// The picture that a search begins with. It lives in this tab: no address can hold it, so a reload forgets it.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Picture } from '../../../api/queries';

const SIDE = 640; // px; the server looks at less

export interface Named extends Picture {
  name: string; // of the file
}

/** A smaller copy, where the browser can decode the file; else the file itself, which the server may know. */
async function reduced(file: File): Promise<Blob> {
  let image: ImageBitmap;
  try {
    image = await createImageBitmap(file);
  } catch {
    return file;
  }
  const scale = SIDE / Math.max(image.width, image.height);
  if (scale >= 1) return file;
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  return new Promise((done) => canvas.toBlob((blob) => done(blob ?? file), 'image/png'));
}

let chosen = 0; // pictures of this tab

interface Picked {
  picture: Named | undefined;
  choose: (file: File) => void;
  clear: () => void;
}

/** `changed` is called before another picture is searched by, and before none is. */
export function usePicture(changed: () => void): Picked {
  const [picture, setPicture] = useState<Named>();
  const latest = useRef(changed);
  useLayoutEffect(() => {
    latest.current = changed;
  });
  const choose = useCallback((file: File) => {
    const id = ++chosen;
    void reduced(file).then((small) => {
      if (id !== chosen) return;
      latest.current();
      setPicture({ id, file: small, name: file.name });
    });
  }, []);
  const clear = useCallback(() => {
    chosen += 1;
    latest.current();
    setPicture(undefined);
  }, []);
  return { picture, choose, clear };
}

/** Whether files are dragged over the window. `choose` is called with the first one that is dropped. */
export function useDrop(choose: (file: File) => void): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    const onOver = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault(); // else the browser would open the file
      setOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) choose(file);
    };
    window.addEventListener('dragover', onOver);
    window.addEventListener('dragleave', onLeave);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragover', onOver);
      window.removeEventListener('dragleave', onLeave);
      window.removeEventListener('drop', onDrop);
    };
  }, [choose]);
  return over;
}
