// A dialog that asks once more before something is taken away.
import { Dialog } from '../../components/Dialog';
import { ErrorText } from '../../components/ErrorText';
import { text as texts } from '../../components/text';
import { useAsyncAction } from '../../components/useAsyncAction';

interface Props {
  title: string;
  detail: string;
  label: string;
  confirm: () => Promise<void>;
  close: () => void;
}

export function Confirm({ title, detail, label, confirm, close }: Props) {
  const action = useAsyncAction();
  return (
    <Dialog title={title} close={close}>
      <p>{detail}</p>
      <p>
        <button
          type="button"
          className="danger"
          disabled={action.busy}
          onClick={() =>
            action.run(async () => {
              await confirm();
              close();
            })
          }
        >
          {action.busy ? texts.working : label}
        </button>
      </p>
      <ErrorText text={action.error} />
    </Dialog>
  );
}
