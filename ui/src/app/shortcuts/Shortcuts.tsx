// The list of keyboard shortcuts.
import { Dialog } from '../../components/Dialog';
import { text } from './text';

export function Shortcuts({ close }: { close: () => void }) {
  return (
    <Dialog title={text.title} close={close}>
      {text.groups.map((group) => (
        <section key={group.name} className="shortcuts">
          <h3>{group.name}</h3>
          <dl>
            {group.keys.map(({ keys, action }) => (
              <div key={action}>
                <dt>
                  {keys.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{action}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
