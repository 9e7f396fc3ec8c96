import ArgumentParser
import Foundation
import LiandongNode
import LiandongReports

extension OrderCommand {
    struct PhotoCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "photo",
            abstract: "Photos of an order; order show lists them.",
            subcommands: [Add.self, Save.self]
        )
    }
}

extension OrderCommand.PhotoCommand {
    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a photo: JPEG, PNG or WebP; where and when it was taken is cut from it."
        )

        @Argument(help: "The order's number.") var number: String
        @Argument(help: "The file.", completion: .file()) var file: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "Who adds it.") var `operator` = ""
        @Option(help: "Tells orders apart that share a number.") var queryCode: String?

        func run() throws {
            let path = URL(fileURLWithPath: file).standardizedFileURL.path
            var form = AdminRequest.PhotoForm(number: number, file: path)
            (form.operatorName, form.queryCode) = (`operator`, queryCode)
            try output.show(.addPhoto(form), of: node.folder, as: OrderReport.self, timeoutSeconds: 120) { order in
                OrderCommand.printLine(order)
                order.attachments.forEach(OrderCommand.printPhoto)
            }
        }
    }

    struct Save: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write a photo into a new file.")

        @Argument(help: "The order's number.") var number: String
        @Argument(help: "The photo, by the beginning of its digest.") var photo: String
        @Argument(help: "The file to write.", completion: .file()) var file: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let path = URL(fileURLWithPath: file).standardizedFileURL.path
            let form = AdminRequest.PhotoForm(number: number, file: path)
            try output.confirm(.savePhoto(form, digest: photo), of: node.folder, timeoutSeconds: 120)
        }
    }
}

extension OrderCommand {
    static func printPhoto(_ photo: OrderReport.Attachment) {
        let here = photo.partsHere == photo.parts ? "" : ", \(photo.partsHere) of \(photo.parts) parts here"
        Console.print(
            "photo   \(photo.digest.prefix(16)) \(photo.mediaType), \(photo.byteCount) bytes\(here), \(photo.addedAt) "
                + "\(photo.by.name) \(photo.role)"
        )
    }
}
