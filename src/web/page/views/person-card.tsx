import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Person } from '../../../../gen/personguide/person_guide.js';
import { errorText } from '../model/error-text.js';
import type { PageModel } from '../model/page-model.js';
import { adressParts, phoneTypeName } from '../person/person-fields.js';
import { Icon } from './icon.js';
import { birthdayText, dateText, initialsOf, tintOf } from './texts.js';

/** All that the directory knows about a person. */
export function PersonCard({
  model,
  person,
}: {
  readonly model: PageModel;
  readonly person: Person;
}): JSX.Element {
  const { id, name, organization, title } = person;
  return (
    <article class="card">
      <header class="card-head">
        <span class={`avatar large ${tintOf(id)}`} aria-hidden="true">
          {initialsOf(name)}
        </span>
        <div>
          <h2>{name}</h2>
          <p class="weak">{[title, organization].filter((text) => text !== '').join(', ')}</p>
        </div>
      </header>
      {model.session.may('people:write') && <CardButtons model={model} person={person} />}
      <CardFields
        person={person}
        onLabel={(label) => {
          model.people.withLabel(label);
        }}
      />
      <footer class="card-foot weak">
        <span>ID {id}</span>
        {person.lastUpdated && <span>Changed {dateText(person.lastUpdated)}</span>}
        {person.createTime && <span>Recorded {dateText(person.createTime)}</span>}
      </footer>
    </article>
  );
}

function CardButtons({
  model,
  person,
}: {
  readonly model: PageModel;
  readonly person: Person;
}): JSX.Element {
  const { router, notices } = model;
  const [isDeleting, setIsDeleting] = useState(false);
  const remove = async (): Promise<void> => {
    setIsDeleting(true);
    try {
      await model.deletePerson(person);
      router.replace({ view: 'people' });
      document.querySelector<HTMLElement>('.grid')?.focus();
    } catch (error) {
      notices.fail(errorText(error));
      setIsDeleting(false);
    }
  };
  return (
    <div class="row-of-buttons">
      <button
        type="button"
        class="button"
        onClick={() => {
          router.go({ view: 'people', id: person.id, mode: 'edit' });
        }}
      >
        <Icon name="edit" />
        <span>Edit</span>
      </button>
      <button
        type="button"
        class="button danger"
        disabled={isDeleting}
        onClick={() => void remove()}
      >
        <Icon name="trash" />
        <span>Delete</span>
      </button>
    </div>
  );
}

function CardFields({
  person,
  onLabel,
}: {
  readonly person: Person;
  readonly onLabel: (label: string) => void;
}): JSX.Element {
  const { phones, email, emails, adresses, labels, birthday, externalId, note } = person;
  const allEmails = email === '' ? emails : [{ address: email, label: '' }, ...emails];
  const isEmpty = [phones, allEmails, adresses, labels, birthday, externalId, note].every(
    ({ length }) => length === 0,
  );
  return (
    <dl class="fields">
      {isEmpty && <div class="weak">Nothing but the name is known.</div>}
      {phones.length > 0 && (
        <Field icon="phone" name={phones.length > 1 ? 'Phones' : 'Phone'}>
          {phones.map(({ number, type }, index) => (
            <dd key={index}>
              <a href={`tel:${number.replaceAll(/[^\d+]/g, '')}`}>{number}</a>{' '}
              <span class="weak">{phoneTypeName(type)}</span>
            </dd>
          ))}
        </Field>
      )}
      {allEmails.length > 0 && (
        <Field icon="mail" name={allEmails.length > 1 ? 'Emails' : 'Email'}>
          {allEmails.map(({ address, label }, index) => (
            <dd key={index}>
              <a href={`mailto:${encodeURIComponent(address).replace('%40', '@')}`}>{address}</a>{' '}
              <span class="weak">{label}</span>
            </dd>
          ))}
        </Field>
      )}
      {adresses.length > 0 && (
        <Field icon="pin" name={adresses.length > 1 ? 'Addresses' : 'Address'}>
          {adresses.map((adress, index) => (
            <dd key={index}>
              {adress.name}
              {adressParts.map((part) =>
                adress[part] === '' ? null : (
                  <span key={part} class="adress-line">
                    {adress[part]}
                  </span>
                ),
              )}
            </dd>
          ))}
        </Field>
      )}
      {birthday !== '' && (
        <Field icon="cake" name="Birthday">
          <dd>{birthdayText(birthday)}</dd>
        </Field>
      )}
      {labels.length > 0 && (
        <Field icon="people" name="Labels">
          <dd class="chips">
            {labels.map((label) => (
              <button
                key={label}
                type="button"
                class="chip"
                title={`Show everyone with the label ${label}`}
                onClick={() => {
                  onLabel(label);
                }}
              >
                {label}
              </button>
            ))}
          </dd>
        </Field>
      )}
      {note !== '' && (
        <Field icon="note" name="Note">
          <dd class="note-text">{note}</dd>
        </Field>
      )}
      {externalId !== '' && (
        <Field icon="id" name="External id">
          <dd>{externalId}</dd>
        </Field>
      )}
    </dl>
  );
}

function Field({
  icon,
  name,
  children,
}: {
  readonly icon: Parameters<typeof Icon>[0]['name'];
  readonly name: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="field-group">
      <dt>
        <Icon name={icon} />
        <span>{name}</span>
      </dt>
      {children}
    </div>
  );
}
