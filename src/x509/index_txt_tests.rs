use super::*;
use proptest::prelude::*;

const GOOD: &str = "V\t301231235959Z\t\t01\tunknown\t/C=DE/O=Acme/CN=Acme A/B\n\
E\t20500101000000Z\t\tAB12\tunknown\t/CN=M\\xC3\\xBCller\n\
R\t301231235959Z\t240102030405Z\t02\tunknown\t/CN=x/emailAddress=a@b.example\n\
R\t301231235959Z\t240102030405Z,superseded\t03\tunknown\t/CN=y\n\
R\t301231235959Z\t240102030405Z,CAkeyTime,240101000000Z\t04\tunknown\t/1.2.3.4=z\n";

fn why(text: &str) -> String {
    read(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn what_openssl_writes_is_read() {
    let read = read(GOOD.as_bytes()).unwrap();
    let told: Vec<String> = read.iter().map(|one| one.subject.to_string()).collect();
    assert_eq!(
        told,
        [
            "C=DE, O=Acme, CN=Acme A/B",
            "CN=M\u{fc}ller",
            "CN=x, emailAddress=a@b.example",
            "CN=y",
            "1.2.3.4=z"
        ]
    );
    assert_eq!(read[1].not_after.to_string(), "2050-01-01T00:00:00Z");
    let reasons: Vec<_> = read
        .iter()
        .map(|one| one.revoked.map(|r| r.reason))
        .collect();
    use RevocationReason::{KeyCompromise, Superseded};
    assert_eq!(
        reasons,
        [
            None,
            None,
            Some(None),
            Some(Some(Superseded)),
            Some(Some(KeyCompromise))
        ]
    );
    let since = read[4].revoked.unwrap().invalidity.unwrap();
    assert_eq!(since.to_string(), "2024-01-01T00:00:00Z");
}

#[test]
fn every_mistake_has_its_line() {
    let said: Vec<String> = [
        ("V\t", "X\t"),
        ("\t\t01", "\t240102030405Z\t01"),
        ("R\t301231235959Z\t240102030405Z\t", "R\t301231235959Z\t\t"),
        ("301231235959Z\t\t01", "20301231235959Z\t\t01"),
        ("\t01\t", "\t00\t"),
        ("\t01\t", "\t0x01\t"),
        ("\t01\t", "\t01:02\t"),
        ("\t02\t", "\t0001\t"),
        ("\tunknown", ""),
        ("/C=DE", "C=DE"),
        ("/C=DE", "/nickname=x"),
        (",superseded", ",bored"),
        (",superseded", ",certificateHold"),
        (",superseded", ",superseded,240101000000Z"),
        (",CAkeyTime,240101000000Z", ",CAkeyTime,yesterday"),
        ("\nE", "\r\nE"),
        ("\nE", "\n\nE"),
        ("/1.2.3.4=z\n", "/1.2.3.4=z"),
    ]
    .into_iter()
    .map(|(from, to)| {
        assert!(GOOD.contains(from), "{from}");
        why(&GOOD.replacen(from, to, 1))
    })
    .collect();
    insta::assert_snapshot!(said.join("\n"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
        let _ = read(&bytes);
    }

    #[test]
    fn no_field_makes_it_panic(fields in proptest::collection::vec(".{0,12}", 6)) {
        let _ = read(format!("{}\n", fields.join("\t")).as_bytes());
        let _ = read(format!("V\t301231235959Z\t\t01\tu\t/CN={}\n", fields[0]).as_bytes());
    }
}
