//! The instance id belongs to a process. This is a test of its own without a harness: forking a process with several
//! threads would copy one of them alone.

use std::{fs, process::exit};

use fork::{Fork, fork, waitpid};
use picometer_std::Resource;

fn main() {
    let before = id();
    assert_eq!(before, id(), "it stays");
    let path = std::env::temp_dir().join(format!("picometer-instance-{}", std::process::id()));
    match fork().expect("a child") {
        Fork::Child => {
            let written = fs::write(&path, id());
            exit(i32::from(written.is_err()));
        }
        Fork::Parent(child) => {
            waitpid(child).expect("the child's end");
            let of_child = fs::read_to_string(&path).expect("the child's id");
            fs::remove_file(&path).expect("the file is there");
            assert_eq!(of_child.len(), before.len());
            assert_ne!(of_child, before, "a child is another process");
            assert_eq!(before, id(), "it stays");
        }
    }
}

fn id() -> String {
    let resource = Resource::new("shop").with_instance_id();
    let id = resource.attributes().into_iter().find(|(key, _)| *key == "service.instance.id");
    id.expect("random bytes").1.to_owned()
}
