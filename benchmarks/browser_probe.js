// Added to the pages while they are measured: when thumbnails are painted, what is offered, and which tasks were long.
(() => {
  const probe = { long: [], firstThumbnail: null, asked: null, offered: null, pressed: null, closed: null };
  window.probe = probe;

  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) probe.long.push({ startTime, duration });
  }).observe({ type: 'longtask', buffered: true });

  document.addEventListener(
    'load',
    ({ target }) => {
      if (probe.firstThumbnail !== null || !target.classList?.contains('cell-image')) return;
      probe.firstThumbnail = performance.now();
    },
    true,
  );

  const inView = () => {
    const view = document.querySelector('.grid').getBoundingClientRect();
    return [...document.querySelectorAll('.grid .cell:not([hidden])')].filter((cell) => {
      const { top, bottom } = cell.getBoundingClientRect();
      return bottom > view.top && top < view.bottom;
    });
  };

  /** Whether every cell that can be seen shows its thumbnail. */
  probe.painted = () => {
    const cells = inView();
    return cells.length > 0 && cells.every((cell) => cell.querySelector('.cell-image.ready') !== null);
  };

  /** Put the scroll bar at a share of its way; the time in ms until every thumbnail in view is there. */
  probe.jump = (share) =>
    new Promise((resolve, reject) => {
      const grid = document.querySelector('.grid');
      const begun = performance.now();
      grid.scrollTop = share * (grid.scrollHeight - grid.clientHeight);
      const look = () => {
        const passed = performance.now() - begun;
        if (probe.painted()) resolve(passed);
        else if (passed > 30_000) reject(new Error(`no thumbnails after ${passed} ms at ${share}`));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });

  /** Put the scroll bar there, and wait only until the grid has come to rest. */
  probe.pass = (share) =>
    new Promise((resolve) => {
      const grid = document.querySelector('.grid');
      grid.scrollTop = share * (grid.scrollHeight - grid.clientHeight);
      setTimeout(resolve, 130);
    });

  document.addEventListener(
    'input',
    () => {
      probe.asked = performance.now();
      probe.offered = null;
    },
    true,
  );
  document.addEventListener(
    'click',
    () => {
      probe.pressed = performance.now();
      probe.closed = null;
    },
    true,
  );
  document.addEventListener('DOMContentLoaded', () => {
    new MutationObserver(() => {
      if (probe.asked !== null && probe.offered === null && document.querySelector('.suggestions [role=option]'))
        probe.offered = performance.now();
      if (probe.pressed !== null && probe.closed === null && !document.querySelector('dialog[open]'))
        probe.closed = performance.now();
    }).observe(document.body, { subtree: true, childList: true });
  });
})();
